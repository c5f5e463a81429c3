import { transaction } from '#db'
import type { Services } from '#services'
import { retryWhileUnavailable } from '../registration/retry.ts'
import { catalogChunks, saveCatalog } from '../registration/save-catalog.store.ts'

/**
 * Saves the demo catalog over what is stored; again and again it changes nothing.
 * @throws when the demo data contradicts the catalog, naming the first product that was refused.
 */
export async function seedCatalog({ database }: Pick<Services, 'database'>): Promise<void> {
  // Read when it is needed alone: a shop with a catalog of its own never holds the demo's in memory.
  const { demoCategories, demoProducts } = await import('./index.ts')
  for (const products of catalogChunks(demoProducts)) {
    const save = () =>
      transaction(database, async (tx) => {
        const { refused } = await saveCatalog(tx, { categories: demoCategories, products })
        if (refused[0] !== undefined) throw new Error(`the demo catalog was refused: ${JSON.stringify(refused[0])}`)
      })
    await retryWhileUnavailable(save)
  }
}
