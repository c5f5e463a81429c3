import { seed } from '#app'
import type { Config } from '#config'
import { noPayment, openShop } from './boot.ts'
import { print } from './print.ts'

/**
 * Fills an empty shop with demo products. Demo accounts are added on request, and in a shop on the embedded Postgres:
 * their passwords are published.
 */
export async function seedShop({ demoAccounts = false }: { demoAccounts?: boolean }): Promise<void> {
  const shop = await openShop({ print, payment: noPayment })
  try {
    const hasDemoAccounts = demoAccounts || mayHaveDemoAccounts(shop.config)
    const wasEmpty = await seed(shop.app, { hasDemoAccounts })
    if (!wasEmpty) print('The shop already has products; nothing was changed.')
    else if (hasDemoAccounts) print('Filled the empty shop with demo products and accounts.')
    else print('Filled the empty shop with demo products. `npm run staff -- add EMAIL` creates an account of staff.')
  } finally {
    await shop.close()
  }
}

/** Whether a shop gets demo accounts unasked: one that runs on this machine alone, and not in production. */
export const mayHaveDemoAccounts = ({ DATABASE_URL, NODE_ENV }: Config): boolean =>
  DATABASE_URL === undefined && NODE_ENV !== 'production'
