import { loadConfig } from '#config'
import { createLog, holdLog } from '#telemetry'
import { migrateAll, openPostgres } from './boot.ts'
import { print } from './print.ts'
import { requireProductionSafety } from './production.ts'

/** Migrates the database to this program's schema. */
export async function migrateDatabase(): Promise<void> {
  const config = loadConfig()
  requireProductionSafety(config, { isAboutBuyers: false })
  const postgres = await openPostgres(config, { print })
  try {
    const log = createLog(config.LOG_LEVEL)
    await holdLog(() =>
      migrateAll(postgres.url, { queue: { redisUrl: config.REDIS_URL, databaseUrl: postgres.url, log } }),
    )
    print("The database is at this program's schema.")
  } finally {
    await postgres.stop()
  }
}
