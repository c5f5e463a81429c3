import { transaction } from '#db'
import type { Services } from '#services'
import { retryWhileUnavailable } from '../registration/transaction-retry.ts'
import { catalogChunks, saveCatalog } from '../registration/save-catalog.store.ts'

/**
 * Saves the demo catalog into the stored one, with prices in the shop's currencies. Idempotent: repeating it changes
 * nothing.
 * @throws Error with the first rejection when the demo data conflicts with the catalog.
 */
export async function seedCatalog({ database, config }: Pick<Services, 'database' | 'config'>): Promise<void> {
  // Imported on demand, so that a shop with a catalog of its own does not hold the demo data in memory.
  const { demoCategories, demoProducts, pricedIn } = await import('./index.ts')
  const drafts = demoProducts.map((draft) => pricedIn(draft, config.SHOP_CURRENCIES))
  for (const products of catalogChunks(drafts)) {
    const save = () =>
      transaction(database, async (tx) => {
        const { rejections } = await saveCatalog(tx, { categories: demoCategories, products })
        if (rejections[0] !== undefined)
          throw new Error(`The demo catalog was rejected: ${JSON.stringify(rejections[0])}`)
      })
    await retryWhileUnavailable(save)
  }
}
