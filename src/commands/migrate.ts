import { loadConfig } from '#config'
import { createLog } from '#telemetry'
import { migrateAll, openPostgres } from './boot.ts'
import { print } from './print.ts'

/** Migrates the database to this program's schema. */
export async function migrateDatabase(): Promise<void> {
  const config = loadConfig()
  const postgres = await openPostgres(config, { print })
  try {
    await migrateAll(postgres.url, {
      queue: { redisUrl: config.REDIS_URL, databaseUrl: postgres.url, log: createLog(config.LOG_LEVEL) },
    })
    print("The database is at this program's schema.")
  } finally {
    await postgres.stop()
  }
}
