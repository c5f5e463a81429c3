import type { Services } from '#services'
import { publicProcedure, router, staffProcedure } from '#rpc'
import { categoryTree, getProduct, listProducts, relatedProducts } from './catalog.store.ts'
import {
  adjustStockInput,
  categoriesInput,
  getInput,
  listInput,
  relatedInput,
  searchInput,
  suggestInput,
} from './contract.ts'
import { searchProducts } from './search.store.ts'
import { adjustStock } from './stock.store.ts'
import { viewOf } from './view.ts'
import { suggest } from './vocabulary.store.ts'

const relatedLimit = 8

/** Everything the shop answers about what is sold. Public but for `admin`, which is for staff. */
export function productRouter({ config, database }: Pick<Services, 'config' | 'database'>) {
  const { query } = database
  return router({
    list: publicProcedure.input(listInput).query(({ input }) => listProducts(query, input, viewOf(config, input))),

    get: publicProcedure.input(getInput).query(({ input }) => getProduct(query, input, viewOf(config, input))),

    search: publicProcedure
      .input(searchInput)
      .query(({ input }) => searchProducts(query, input, viewOf(config, input))),

    suggest: publicProcedure.input(suggestInput).query(({ input }) => suggest(query, input.q, viewOf(config, input))),

    related: publicProcedure.input(relatedInput).query(async ({ input }) => ({
      items: await relatedProducts(query, input.id, input.limit ?? relatedLimit, viewOf(config, input)),
    })),

    categories: publicProcedure.input(categoriesInput).query(({ input }) => categoryTree(query, input?.locale ?? 'en')),

    admin: router({
      adjustStock: staffProcedure
        .input(adjustStockInput)
        .mutation(({ input, ctx }) => adjustStock(query, input, ctx.caller.userId)),
    }),
  })
}
