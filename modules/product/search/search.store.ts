import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import type { Queryable } from '#db'
import { readCards, sqlIsInStock } from '../catalog/card.ts'
import { categoryBranch } from '../catalog/catalog.store.ts'
import type { Facet, SearchAnswer, SearchInput } from '../contract.ts'
import { decodeCursor, encodeCursor } from '#lib/cursor'
import { correctWords } from './vocabulary.store.ts'
import { sqlPriceIn, sqlTextIn, type View } from '../catalog/view.ts'
import { tsQueryText, wordsOf, type TsQueryOptions, type Word } from './words.ts'

const searchLimit = 24
/** Ranks are computed for all hits of a question anyway, so pages are offsets into them; nobody reads further than this. */
const depthMax = 500
/** More hits than this are neither ranked nor counted: it bounds what one question may cost. */
const hitsMax = 10_000
const facetMax = 30

/** One way to read the question. */
export interface Reading {
  words: Word[]
  /** The last word may be the beginning of one. */
  isPrefix: boolean
}

interface Hits {
  /** Hits before any filter. */
  matched: number
  total: number
  in_stock: number
  ids: string[]
  brands: Facet[]
  categories: Facet[]
}

/**
 * Full text search over all languages at once. All words must be found; if that finds nothing the last word may be a
 * beginning. If that finds nothing either, `didYouMean` is what is answered instead: words that stand nowhere replaced
 * by the likest that do, or the last word alone, which in both languages names the thing.
 * @throws AppError `not_found` for an unknown category, `bad_input` for a cursor that is not ours.
 */
export async function searchProducts(query: Queryable, input: SearchInput, view: View): Promise<SearchAnswer> {
  const { limit = searchLimit } = input
  const offset =
    input.cursor === undefined
      ? 0
      : decodeCursor(input.cursor, z.tuple([z.literal('search'), z.int().min(1).max(depthMax)]))[1]
  const branch = input.category === undefined ? null : await categoryBranch(query, input.category)
  const page = { input, view, branch, limit: Math.min(limit, depthMax - offset), offset }
  const words = wordsOf(input.q)
  let hits = await findHits(query, { words, isPrefix: false }, page)
  if (hits.matched === 0) hits = await findHits(query, { words, isPrefix: true }, page)
  let didYouMean: string | undefined
  if (hits.matched === 0) {
    const other = (await correctWords(query, words)) ?? (words.length > 1 ? lastWord(words) : null)
    if (other !== null) hits = await findHits(query, { words: other.words, isPrefix: false }, page)
    if (other !== null && hits.matched > 0) didYouMean = other.text
  }
  const end = offset + hits.ids.length
  return {
    items: await readCards(query, hits.ids, view),
    total: hits.total,
    facets: { category: hits.categories, brand: hits.brands, inStock: hits.in_stock },
    ...(didYouMean === undefined ? {} : { didYouMean }),
    nextCursor:
      hits.ids.length === limit && end < Math.min(hits.total, depthMax) ? encodeCursor(['search', end]) : null,
  }
}

const lastWord = (words: Word[]) => ({ words: words.slice(-1), text: words.at(-1)?.text ?? '' })

interface PageOfHits {
  input: SearchInput
  view: View
  branch: string[] | null
  limit: number
  offset: number
}

const noHits: Hits = { matched: 0, total: 0, in_stock: 0, ids: [], brands: [], categories: [] }

/** Each facet counts what would be found if only its own filter were another. */
async function findHits(
  query: Queryable,
  reading: Reading,
  { input, view, branch, limit, offset }: PageOfHits,
): Promise<Hits> {
  if (reading.words.length === 0) return noHits
  const { brand, inStock, priceMin, priceMax } = input.filters ?? {}
  const currency = view.currencies[0]
  const { sort = 'relevance' } = input
  const isPriced =
    priceMin === undefined && priceMax === undefined
      ? sql`true`
      : sql`price ->> 'currency' = ${currency} and (price ->> 'amount')::bigint between ${priceMin ?? 0} and ${priceMax ?? Number.MAX_SAFE_INTEGER}`
  // The question stands in a subselect so that the planner, not knowing how common it is, takes the index: reading every
  // document instead, as it would for common words, is ten times slower than it believes.
  const { rows } = await query.execute<Hits & Record<string, unknown>>(sql`
    with found as materialized (
      select d.product_id, d.brand, d.category_ids, d.title_length, ${sqlPriceIn('d.price_from', view)} as price,
        ${sqlIsInStock('d.product_id')} as in_stock,
        ${sort === 'relevance' ? nameScore(reading, input.q) : sql`0`} as score
      from product.search_document d where d.document @@ (select ${asked(reading.words, { isPrefix: reading.isPrefix })})
        and ${sqlPriceIn('d.price_from', view)} is not null
      limit ${hitsMax}
    ), judged as materialized (
      select found.*,
        ${branch === null ? sql`true` : sql`category_ids && ${sql.param(branch)}::uuid[]`} as fits_category,
        ${brand === undefined ? sql`true` : sql`coalesce(brand = any(${sql.param(brand)}::text[]), false)`} as fits_brand,
        ${isPriced} as fits_price,
        ${inStock === undefined ? sql`true` : sql`in_stock = ${inStock}::boolean`} as fits_stock
      from found
    ), hit as materialized (
      select * from judged where fits_category and fits_brand and fits_price and fits_stock
    ), page as (
      ${sort === 'relevance' ? rankedPage(reading) : sql`select product_id, row_number() over (order by ${hitOrder(sort, currency)}) as place from hit`}
      order by place limit ${limit} offset ${offset}
    )
    select (select count(*) from judged) as matched, (select count(*) from hit) as total,
      (select count(*) from judged where in_stock and fits_category and fits_brand and fits_price) as in_stock,
      array(select product_id from page order by place) as ids,
      ${facet(sql`select f.brand as value, f.brand as label, count(*) as count from judged f
        where f.brand is not null and fits_category and fits_price and fits_stock group by f.brand`)} as brands,
      ${facet(sql`select c.slug as value, ${sqlTextIn('c.name', view.locale)} as label, f.count
        from (select category_id, count(*)
          from (select unnest(category_ids) as category_id from judged where fits_brand and fits_price and fits_stock) each
          group by category_id) f join product.category c on c.id = f.category_id`)} as categories`)
  return rows[0] ?? noHits
}

const facet = (counted: SQL): SQL => sql`coalesce((select jsonb_agg(f) from (
  select value, label, count from (${counted}) counted order by count desc, label limit ${facetMax}) f), '[]')`

function hitOrder(sort: Exclude<NonNullable<SearchInput['sort']>, 'relevance'>, currency: string | undefined): SQL {
  const isOther = sql`price ->> 'currency' <> ${currency}`
  switch (sort) {
    case 'newest':
      return sql`product_id desc`
    case 'price_asc':
      return sql`${isOther}, (price ->> 'amount')::bigint, product_id`
    case 'price_desc':
      return sql`${isOther}, (price ->> 'amount')::bigint desc, product_id`
  }
}

const asked = (words: Word[], options: TsQueryOptions): SQL =>
  sql`to_tsquery('english', ${tsQueryText(words, options)})`

/**
 * What makes a product the thing that was asked for: its SKU was typed (10); the last word is what title (3) or category
 * (3) name it, rather than what it fits or contains; all words stand in its brand (3) or its title (2).
 */
function nameScore({ words, isPrefix }: Reading, q: string): SQL {
  const all = (weights: string) => asked(words, { isPrefix, weights })
  const last = (weights: string) => asked(words.slice(-1), { isPrefix, weights })
  return sql`(
    case when d.product_id = (select product_id from product.variant where sku = ${q}) then 10 else 0 end
    + case when d.named @@ ${last('A')} then 3 else 0 end
    + case when d.named @@ ${last('B')} then 3 else 0 end
    + case when d.named @@ ${all('C')} then 3 else 0 end
    + case when d.named @@ ${all('D')} then 2 else 0 end
  )`
}

/**
 * Among products named alike: how densely the words stand and where (below 1), and how little else the title says (below
 * 0.5). Reading whole documents is what costs, so only the best named are read.
 */
const rankedPage = ({ words, isPrefix }: Reading): SQL => sql`
  select product_id, row_number() over (order by best.score + 1.0 / (2 + best.title_length)
    + ts_rank_cd('{0.05, 0.2, 0.5, 1}', d.document, ${asked(words, { isPrefix })}, 32) desc, product_id) as place
  from (select product_id, score, title_length from hit order by score desc, title_length, product_id limit ${depthMax}) best
  join product.search_document d using (product_id)`
