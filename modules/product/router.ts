import type { Services } from '#services'
import { transaction, type Database } from '#db'
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
import { viewOf } from './catalog/view.ts'
import { bumpVersions } from './catalog/version.store.ts'
import { suggest } from './search/vocabulary.store.ts'

const relatedLimit = 8

/** Everything the shop answers about what is sold. Public but for `admin`, which is for staff. */
export function productRouter({ config, database }: Pick<Services, 'config' | 'database'>) {
  const { query } = database
  const page = cachedProcedure('product', 'category')
  const cards = cachedProcedure('list', 'category')
  return router({
    list: cards.input(listInput).query(({ input }) => listProducts(query, input, viewOf(config, input))),

    get: page.input(getInput).query(({ input }) => getProduct(query, input, viewOf(config, input))),

    search: cards.input(searchInput).query(({ input }) => searchProducts(query, input, viewOf(config, input))),

    suggest: cards.input(suggestInput).query(({ input }) => suggest(query, input.q, viewOf(config, input))),

    related: cards.input(relatedInput).query(async ({ input }) => ({
      items: await relatedProducts(query, input.id, input.limit ?? relatedLimit, viewOf(config, input)),
    })),

    categories: cachedProcedure('category')
      .input(categoriesInput)
      .query(({ input }) => categoryTree(query, input?.locale ?? 'en')),

    admin: router({
      adjustStock: staffProcedure
        .input(adjustStockInput)
        .mutation(({ input, ctx }) => correctStock(database, input, ctx.caller.userId)),
    }),
  })
}

/** Corrects stock and, with it, what pages and cards say of it. */
const correctStock = (database: Database, input: AdjustStockInput, by: string): Promise<StockLevel> =>
  transaction(database, async (tx) => {
    const level = await adjustStock(tx, input, by)
    const wasSoldOut = level.available - input.delta === 0
    const isSoldOut = level.available === 0
    await bumpVersions(tx, wasSoldOut === isSoldOut ? ['product'] : ['list', 'product'])
    return level
  })
