import { seed } from '#app'
import { loadConfig } from '#config'
import { createLog } from '#telemetry'
import { bringUpToDate, noPayment, openPostgres, openShop } from './boot.ts'
import { tell } from './tell.ts'

/** Commands that work on the data and end. */

/** Brings the database to this program's schema. */
export async function migrateSchema(): Promise<void> {
  const config = loadConfig()
  const postgres = await openPostgres(config, { tell })
  try {
    await bringUpToDate(postgres.url, {
      queue: { redisUrl: config.REDIS_URL, databaseUrl: postgres.url, log: createLog(config.LOG_LEVEL) },
    })
    tell('The database is at the schema of this program.')
  } finally {
    await postgres.stop()
  }
}

/** Fills an empty shop with demo products and accounts. */
export async function seedDemo(): Promise<void> {
  const shop = await openShop({ tell, payment: noPayment })
  try {
    const isSeeded = await seed(shop.app)
    tell(
      isSeeded
        ? 'Filled the empty shop with demo products and accounts.'
        : 'The shop has products already; nothing was changed.',
    )
  } finally {
    await shop.close()
  }
}
