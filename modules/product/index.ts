import type { Services } from '#services'
import { productRouter } from './router.ts'
import { readVersions } from './catalog/version.store.ts'

export { importCatalog } from './import/index.ts'
export { readOffers, type Offer } from './catalog/offer.store.ts'
export { catalogIsEmpty } from './registration/save-catalog.store.ts'
export { seedCatalog } from './demo/seed.ts'
export { applyStock, lockStock, readStock, type StockMovement } from './stock/stock.store.ts'

/** What is sold: catalog, stock and search. */
export const createProductModule = (services: Pick<Services, 'config' | 'database'>) =>
  ({
    name: 'product',
    router: productRouter(services),
    /** What the answers of the catalog are made from, and how often it has changed. */
    readVersions: () => readVersions(services.database.query),
  }) as const
