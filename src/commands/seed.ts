import { seed } from '#app'
import { noPayment, openShop } from './boot.ts'
import { print } from './print.ts'

/** Fills an empty shop with demo products and accounts. */
export async function seedShop(): Promise<void> {
  const shop = await openShop({ print, payment: noPayment })
  try {
    const wasEmpty = await seed(shop.app)
    print(
      wasEmpty
        ? 'Filled the empty shop with demo products and accounts.'
        : 'The shop already has products; nothing was changed.',
    )
  } finally {
    await shop.close()
  }
}
