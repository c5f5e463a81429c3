import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import type { Queryable } from '#db'
import { readCards, sqlIsInStock } from '../catalog/product-card.view.ts'
import { categoryBranch } from '../catalog/catalog.store.ts'
import type { Facet, SearchAnswer, SearchInput } from '../contract.ts'
import { decodeCursor, encodeCursor } from '#lib/cursor'
import { correctWords } from './vocabulary.store.ts'
import { sqlPriceIn, sqlTextIn, type Localisation } from '../catalog/localisation.rules.ts'
import { tsQueryText, tokenize, type TsQueryOptions, type Word } from './tokenizer.rules.ts'

const searchLimit = 24
/** Number of hits that pages reach. Pages are offsets, since every page ranks all hits anyway. */
const depthMax = 500
/** Number of hits that are ranked and counted, which bounds the cost of one query. */
const hitsMax = 10_000
const facetMax = 30

/** One interpretation of the query text. */
export interface Interpretation {
  words: Word[]
  /** Whether the last word also matches as a prefix. */
  isPrefix: boolean
}

interface Hits {
  /** Number of hits before any filter. */
  matched: number
  total: number
  in_stock: number
  ids: string[]
  brands: Facet[]
  categories: Facet[]
}

/**
 * Full-text search in all languages. Every word must match; without a hit, the last word also matches as a prefix. If
 * that has no hit either, the result is for `didYouMean`: the spelling-corrected query, or its last word alone, which in
 * both languages usually names the product.
 * @throws AppError `not_found` for an unknown category, `bad_input` for an invalid cursor.
 */
export async function searchProducts(
  query: Queryable,
  input: SearchInput,
  localisation: Localisation,
): Promise<SearchAnswer> {
  const { limit = searchLimit } = input
  const offset =
    input.cursor === undefined
      ? 0
      : decodeCursor(input.cursor, z.tuple([z.literal('search'), z.int().min(1).max(depthMax)]))[1]
  const branch = input.category === undefined ? null : await categoryBranch(query, input.category)
  const page = { input, localisation, branch, limit: Math.min(limit, depthMax - offset), offset }
  const words = tokenize(input.q)
  let hits = await findHits(query, { words, isPrefix: false }, page)
  if (hits.matched === 0) hits = await findHits(query, { words, isPrefix: true }, page)
  let didYouMean: string | undefined
  if (hits.matched === 0) {
    const alternative = (await correctWords(query, words)) ?? (words.length > 1 ? lastWord(words) : null)
    if (alternative !== null) hits = await findHits(query, { words: alternative.words, isPrefix: false }, page)
    if (alternative !== null && hits.matched > 0) didYouMean = alternative.text
  }
  const end = offset + hits.ids.length
  return {
    items: await readCards(query, hits.ids, localisation),
    total: hits.total,
    facets: { category: hits.categories, brand: hits.brands, inStock: hits.in_stock },
    ...(didYouMean === undefined ? {} : { didYouMean }),
    nextCursor:
      hits.ids.length === limit && end < Math.min(hits.total, depthMax) ? encodeCursor(['search', end]) : null,
  }
}

const lastWord = (words: Word[]) => ({ words: words.slice(-1), text: words.at(-1)?.text ?? '' })

interface HitsOptions {
  input: SearchInput
  localisation: Localisation
  /** Ids of the category to search and of its descendants; null for the whole catalog. */
  branch: string[] | null
  limit: number
  offset: number
}

const noHits: Hits = { matched: 0, total: 0, in_stock: 0, ids: [], brands: [], categories: [] }

/** Hits of one interpretation. Each facet ignores its own filter and applies all the others. */
async function findHits(
  query: Queryable,
  interpretation: Interpretation,
  { input, localisation, branch, limit, offset }: HitsOptions,
): Promise<Hits> {
  if (interpretation.words.length === 0) return noHits
  const { brand, inStock, priceMin, priceMax } = input.filters ?? {}
  const currency = localisation.currencies[0]
  const { sort = 'relevance' } = input
  const isPriced =
    priceMin === undefined && priceMax === undefined
      ? sql`true`
      : sql`price ->> 'currency' = ${currency} and (price ->> 'amount')::bigint between ${priceMin ?? 0} and ${priceMax ?? Number.MAX_SAFE_INTEGER}`
  // The tsquery is in a subselect so that the planner cannot estimate its selectivity and uses the GIN index. For common
  // words it would choose a sequential scan, which is ten times slower than its cost estimate.
  const { rows } = await query.execute<Hits & Record<string, unknown>>(sql`
    with found as materialized (
      select d.product_id, d.brand, d.category_ids, d.title_length, ${sqlPriceIn('d.price_from', localisation)} as price,
        ${sqlIsInStock('d.product_id')} as in_stock,
        ${sort === 'relevance' ? nameScore(interpretation, input.q) : sql`0`} as score
      from product.search_document d where d.document @@ (select ${tsQuery(interpretation.words, { isPrefix: interpretation.isPrefix })})
        and ${sqlPriceIn('d.price_from', localisation)} is not null
      limit ${hitsMax}
    ), flagged as materialized (
      select found.*,
        ${branch === null ? sql`true` : sql`category_ids && ${sql.param(branch)}::uuid[]`} as fits_category,
        ${brand === undefined ? sql`true` : sql`coalesce(brand = any(${sql.param(brand)}::text[]), false)`} as fits_brand,
        ${isPriced} as fits_price,
        ${inStock === undefined ? sql`true` : sql`in_stock = ${inStock}::boolean`} as fits_stock
      from found
    ), hit as materialized (
      select * from flagged where fits_category and fits_brand and fits_price and fits_stock
    ), page as (
      ${sort === 'relevance' ? rankedPage(interpretation) : sql`select product_id, row_number() over (order by ${hitOrder(sort, currency)}) as ordinal from hit`}
      order by ordinal limit ${limit} offset ${offset}
    )
    select (select count(*) from flagged) as matched, (select count(*) from hit) as total,
      (select count(*) from flagged where in_stock and fits_category and fits_brand and fits_price) as in_stock,
      array(select product_id from page order by ordinal) as ids,
      ${facet(sql`select f.brand as value, f.brand as label, count(*) as count from flagged f
        where f.brand is not null and fits_category and fits_price and fits_stock group by f.brand`)} as brands,
      ${facet(sql`select c.slug as value, ${sqlTextIn('c.name', localisation.locale)} as label, f.count
        from (select category_id, count(*)
          from (select unnest(category_ids) as category_id from flagged where fits_brand and fits_price and fits_stock) each
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

const tsQuery = (words: Word[], options: TsQueryOptions): SQL =>
  sql`to_tsquery('english', ${tsQueryText(words, options)})`

/**
 * Score of a product whose name matches the query, as opposed to one that only mentions it: the query is its SKU (10);
 * the last word is a head word of its title (3), of a category (3); all words are in its brand (3), in its title (2).
 */
function nameScore({ words, isPrefix }: Interpretation, q: string): SQL {
  const all = (weights: string) => tsQuery(words, { isPrefix, weights })
  const last = (weights: string) => tsQuery(words.slice(-1), { isPrefix, weights })
  return sql`(
    case when d.product_id = (select product_id from product.variant where sku = ${q}) then 10 else 0 end
    + case when d.named @@ ${last('A')} then 3 else 0 end
    + case when d.named @@ ${last('B')} then 3 else 0 end
    + case when d.named @@ ${all('C')} then 3 else 0 end
    + case when d.named @@ ${all('D')} then 2 else 0 end
  )`
}

/**
 * Final rank: the name score, plus the cover density of the words by weight (below 1), plus a bonus for a short title
 * (at most 0.5). Reading whole documents is expensive, so only the hits with the best name scores are read.
 */
const rankedPage = ({ words, isPrefix }: Interpretation): SQL => sql`
  select product_id, row_number() over (order by best.score + 1.0 / (2 + best.title_length)
    + ts_rank_cd('{0.05, 0.2, 0.5, 1}', d.document, ${tsQuery(words, { isPrefix })}, 32) desc, product_id) as ordinal
  from (select product_id, score, title_length from hit order by score desc, title_length, product_id limit ${depthMax}) best
  join product.search_document d using (product_id)`
