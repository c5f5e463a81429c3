import { seed } from '#app'
import { loadConfig } from '#config'
import { createLog } from '#telemetry'
import { bringUpToDate, noPayment, openPostgres, openShop } from './boot.ts'
import { print } from './print.ts'

/** Commands that work on the data and end. */

/** Brings the database to this program's schema. */
export async function migrateSchema(): Promise<void> {
  const config = loadConfig()
  const postgres = await openPostgres(config, { tell: print })
  try {
    await bringUpToDate(postgres.url, {
      queue: { redisUrl: config.REDIS_URL, databaseUrl: postgres.url, log: createLog(config.LOG_LEVEL) },
    })
    print('The database is at the schema of this program.')
  } finally {
    await postgres.stop()
  }
}

/** Fills an empty shop with demo products and accounts. */
export async function seedDemo(): Promise<void> {
  const shop = await openShop({ tell: print, payment: noPayment })
  try {
    const isSeeded = await seed(shop.app)
    print(
      isSeeded
        ? 'Filled the empty shop with demo products and accounts.'
        : 'The shop has products already; nothing was changed.',
    )
  } finally {
    await shop.close()
  }
}
