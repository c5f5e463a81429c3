import type { RecordAudit, Services } from '#services'
import { transaction, type Database, type Queryable } from '#db'
import { cachedProcedure, router, staffProcedure } from '#rpc'
import { categoryTree, getProduct, listProducts, relatedProducts } from './catalog/catalog.store.ts'
import {
  adjustStockInput,
  categoriesInput,
  getInput,
  listInput,
  relatedInput,
  searchInput,
  suggestInput,
  type AdjustStockInput,
  type StockLevel,
} from './contract.ts'
import { searchProducts } from './search/search.store.ts'
import { adjustStock } from './stock/stock.store.ts'
import { localisationOf } from './catalog/localisation.rules.ts'
import { bumpVersions } from './catalog/version.store.ts'
import { suggest } from './search/vocabulary.store.ts'

const relatedLimit = 8

/** Procedures of `product.*`: catalog, search and stock. All are public except `admin`, which requires a staff session. */
export function productRouter({ config, database }: Pick<Services, 'config' | 'database'>, recordAudit: RecordAudit) {
  const { query } = database
  const page = cachedProcedure('product', 'category')
  const cards = cachedProcedure('list', 'category')
  return router({
    list: cards.input(listInput).query(({ input }) => listProducts(query, input, localisationOf(config, input))),

    get: page.input(getInput).query(({ input }) => getProduct(query, input, localisationOf(config, input))),

    search: cards.input(searchInput).query(({ input }) => searchProducts(query, input, localisationOf(config, input))),

    suggest: cards.input(suggestInput).query(({ input }) => suggest(query, input.q, localisationOf(config, input))),

    related: cards.input(relatedInput).query(async ({ input }) => ({
      items: await relatedProducts(query, input.id, input.limit ?? relatedLimit, localisationOf(config, input)),
    })),

    categories: cachedProcedure('category')
      .input(categoriesInput)
      .query(({ input }) => categoryTree(query, input?.locale ?? 'en')),

    admin: router({
      adjustStock: staffProcedure.input(adjustStockInput).mutation(({ input, ctx }) =>
        correctStock(database, input, ctx.caller.userId, (tx, { sku, delta }) =>
          recordAudit(tx, {
            actorId: ctx.caller.userId,
            action: 'stock.adjust',
            subject: `sku:${sku}`,
            detail: { delta },
            requestId: ctx.requestId,
          }),
        ),
      ),
    }),
  })
}

/** Adjusts stock and, in the same transaction, invalidates the cached pages and lists that show it. */
const correctStock = (
  database: Database,
  input: AdjustStockInput,
  by: string,
  audit: (tx: Queryable, input: AdjustStockInput) => Promise<void>,
): Promise<StockLevel> =>
  transaction(database, async (tx) => {
    const level = await adjustStock(tx, input, by)
    await audit(tx, input)
    const wasSoldOut = level.available - level.backordered - input.delta <= 0
    const isSoldOut = level.available === 0
    await bumpVersions(tx, wasSoldOut === isSoldOut ? ['product'] : ['list', 'product'])
    return level
  })
