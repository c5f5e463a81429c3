import type { RecordAudit, Services } from '#services'
import { productRouter } from './router.ts'
import { readVersions } from './catalog/version.store.ts'

export { importCatalog } from './import/index.ts'
export { readOffers, type Offer } from './catalog/offer.store.ts'
export { isCatalogEmpty } from './registration/save-catalog.store.ts'
export { seedCatalog } from './demo/seed.ts'
export { applyStock, lockStock, readStock, type StockMovement } from './stock/stock.store.ts'

/** Product module: the catalog, its stock and its search. */
export const createProductModule = (services: Pick<Services, 'config' | 'database'>, recordAudit: RecordAudit) =>
  ({
    name: 'product',
    router: productRouter(services, recordAudit),
    /** Versions of the catalog's cache tags; a higher version makes cached responses with the tag stale. */
    readVersions: () => readVersions(services.database.query),
  }) as const
