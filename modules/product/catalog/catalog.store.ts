import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import type { Queryable } from '#db'
import { AppError } from '#errors'
import type { Locale } from '#schemas'
import { asCard, cardColumns, sqlIsInStock, type CardRow } from './product-card.view.ts'
import type {
  Category,
  CategoryRef,
  ListInput,
  Product,
  ProductCard,
  ProductPage,
  ProductVariant,
} from '../contract.ts'
import { decodeCursor, pageOf } from '#lib/cursor'
import type { ProductDraft, Text } from '../draft.contract.ts'
import { sqlIsBackorder, sqlSellable } from '../stock/stock.store.ts'
import { isOnSale, variantTitle } from './offer.store.ts'
import { pricesIn, sqlPriceIn, sqlTextIn, textIn, type Localisation } from './localisation.rules.ts'

const listLimit = 24

interface ListOrder {
  /** Sort keys that precede the id. The cursor holds their values for the last item of the page. */
  keys: SQL[]
  keysSchema: z.ZodType<unknown[]>
  isDescending: boolean
}

function listOrder(sort: NonNullable<ListInput['sort']>, localisation: Localisation): ListOrder {
  const price = sqlPriceIn('p.price_from', localisation)
  // Amounts in another currency are not comparable, so they come last.
  const isOther = sql`(${price} ->> 'currency' <> ${localisation.currencies[0]}::text)`
  const amount = sql`(${price} ->> 'amount')::bigint`
  switch (sort) {
    case 'newest':
      return { keys: [], keysSchema: z.tuple([]), isDescending: true }
    case 'price_asc':
      return { keys: [isOther, amount], keysSchema: z.tuple([z.boolean(), z.int()]), isDescending: false }
    case 'price_desc':
      return { keys: [isOther, sql`-${amount}`], keysSchema: z.tuple([z.boolean(), z.int()]), isDescending: false }
    case 'title': {
      const collation = sql.raw(`collate "${localisation.locale}-x-icu"`)
      // Truncated so that cursors stay short; spelled exactly as the expression indexes in schema.ts.
      return {
        keys: [sql`(left(${sqlTextIn('p.title', localisation.locale)}, 60) ${collation})`],
        keysSchema: z.tuple([z.string()]),
        isDescending: false,
      }
    }
  }
}

/**
 * Keyset pagination over the products on sale: each page continues after the last key of the one before, so concurrent
 * changes neither repeat nor hide products.
 * @throws AppError `not_found` for an unknown category, `bad_input` for a cursor of another sort order or localisation.
 */
export async function listProducts(
  query: Queryable,
  input: ListInput,
  localisation: Localisation,
): Promise<ProductPage> {
  // Collections are not implemented yet, so each is empty.
  if (input.collection !== undefined) return { items: [], nextCursor: null }
  const { category, limit = listLimit, sort = 'newest' } = input
  const { keys, keysSchema, isDescending } = listOrder(sort, localisation)
  const scope = [sort, localisation.currencies[0], localisation.locale].join(' ')
  const after =
    input.cursor === undefined
      ? undefined
      : decodeCursor(input.cursor, z.tuple([z.literal(scope), z.uuid(), keysSchema]))
  const categoryIds = category === undefined ? undefined : await categoryBranch(query, category)

  const order = sql.join(
    [...keys, sql`p.id`].map((key) => sql`${key}${isDescending ? sql` desc` : sql``}`),
    sql`, `,
  )
  const { rows } = await query.execute<CardRow & { keys: unknown[] }>(sql`
    select ${cardColumns(localisation)}, jsonb_build_array(${sql.join(keys, sql`, `)}) as keys
    from product.product p
    where p.status = 'active' and ${sqlPriceIn('p.price_from', localisation)} is not null
      ${categoryIds === undefined ? sql`` : sql`and p.id in (select product_id from product.product_category where category_id = any(${sql.param(categoryIds)}::uuid[]))`}
      ${after === undefined ? sql`` : sql`and ${isAfter({ keys, isDescending }, after[2], after[1])}`}
    order by ${order} limit ${limit + 1}`)
  const { items, nextCursor } = pageOf(rows, limit, (last) => [scope, last.id, last.keys])
  return { items: items.map((row) => asCard(row, localisation)), nextCursor }
}

/** Keyset condition: the rows after the item with these key values and this id. */
function isAfter({ keys, isDescending }: Pick<ListOrder, 'keys' | 'isDescending'>, values: unknown[], id: string): SQL {
  const types: Record<string, string> = { boolean: 'boolean', number: 'bigint' }
  const bounds = values.map((value) => sql`${value}::${sql.raw(types[typeof value] ?? 'text')}`)
  return sql`(${sql.join([...keys, sql`p.id`], sql`, `)}) ${isDescending ? sql`<` : sql`>`} (${sql.join([...bounds, sql`${id}::uuid`], sql`, `)})`
}

/** Ids of a category and all its descendants. @throws AppError `not_found` on field `category`. */
export async function categoryBranch(query: Queryable, slug: string): Promise<string[]> {
  const { rows } = await query.execute<{ id: string }>(sql`
    with recursive branch as (
      select id from product.category where slug = ${slug}
      union select c.id from product.category c join branch b on c.parent_id = b.id
    ) select id from branch`)
  if (rows.length === 0) throw new AppError('not_found', { field: 'category', message: 'There is no such category.' })
  return rows.map(({ id }) => id)
}

interface ProductRow {
  [column: string]: unknown
  id: string
  slug: string
  brand: string | null
  title: Text
  description: Text
  media: ProductDraft['media']
  options: ProductDraft['options']
  attributes: ProductDraft['attributes']
  variants:
    | {
        id: string
        sku: string
        values: number[]
        prices: Record<string, number>
        compareAt: Record<string, number>
        available: number
        isBackorder: boolean
        image: number | null
      }[]
    | null
  categories: { id: string; slug: string; name: Text }[] | null
}

/** Whether the product `p` can be seen by its link and bought; lists and searches have the active ones only. */
const sqlIsOnSale = sql.raw(isOnSale)

/**
 * One product on sale with everything a product page shows, read in one statement.
 * @throws AppError `not_found`, also for drafts, archived products and products without a price to show.
 */
export async function getProduct(
  query: Queryable,
  by: { id: string } | { slug: string },
  localisation: Localisation,
): Promise<Product> {
  const { rows } = await query.execute<ProductRow>(sql`
    select p.id, p.slug, p.brand, p.title, p.description, p.media, p.options, p.attributes,
      (select jsonb_agg(jsonb_build_object('id', v.id, 'sku', v.sku, 'values', v.values, 'prices', v.prices,
          'compareAt', v.compare_at, 'available', ${sql.raw(sqlSellable)}, 'isBackorder', ${sql.raw(sqlIsBackorder)}, 'image', v.image) order by v.position)
        from product.variant v join product.stock s on s.sku = v.sku where v.product_id = p.id) as variants,
      (with recursive path as (
          select c.*, pc.position as leaf, 0 as height from product.product_category pc
            join product.category c on c.id = pc.category_id where pc.product_id = p.id
          union all
          select c.*, path.leaf, path.height + 1 from path join product.category c on c.id = path.parent_id
        ) select jsonb_agg(jsonb_build_object('id', id, 'slug', slug, 'name', name) order by leaf, height desc) from path) as categories
    from product.product p
    where ${sqlIsOnSale} and ${'id' in by ? sql`p.id = ${by.id}` : sql`p.slug = ${by.slug}`}`)
  const row = rows[0]
  const variants = row?.variants?.flatMap((each) => asVariant(each, row, localisation)) ?? []
  if (row === undefined || variants.length === 0) {
    throw new AppError('not_found', { field: 'id' in by ? 'id' : 'slug', message: 'There is no such product.' })
  }
  const { locale } = localisation
  return {
    id: row.id,
    slug: row.slug,
    title: textIn(row.title, locale),
    description: textIn(row.description, locale),
    brand: row.brand,
    categories: [
      ...new Map(
        (row.categories ?? []).map((each) => [each.id, { ...each, name: textIn(each.name, locale) }]),
      ).values(),
    ],
    media: row.media.map(({ url, alt }) => ({ url, alt: textIn(alt, locale) })),
    options: row.options.map(({ name, values }) => ({
      name: textIn(name, locale),
      values: values.map((value) => textIn(value, locale)),
    })),
    variants,
    attributes: Object.fromEntries(
      row.attributes.map(({ name, value }) => [textIn(name, locale), textIn(value, locale)]),
    ),
  }
}

function asVariant(
  variant: NonNullable<ProductRow['variants']>[number],
  product: ProductRow,
  localisation: Localisation,
): ProductVariant[] {
  const prices = pricesIn(variant.prices, variant.compareAt, localisation)
  if (prices === null) return []
  const { locale } = localisation
  const options = product.options.flatMap((option, index) => {
    const value = option.values[variant.values[index] ?? 0]
    return value === undefined ? [] : [[textIn(option.name, locale), textIn(value, locale)] as const]
  })
  return [
    {
      id: variant.id,
      sku: variant.sku,
      title: variantTitle(product.options, variant.values, locale) || textIn(product.title, locale),
      options: Object.fromEntries(options),
      ...prices,
      available: variant.available,
      isBackorder: variant.isBackorder,
      image: variant.image,
    },
  ]
}

/**
 * Products related to this one: in stock, in one of its categories and priced in the same currency, nearest price first.
 * @throws AppError `not_found` for an unknown product or one that is not on sale.
 */
export async function relatedProducts(
  query: Queryable,
  id: string,
  limit: number,
  localisation: Localisation,
): Promise<ProductCard[]> {
  const { rows } = await query.execute<CardRow & { is_self: boolean }>(sql`
    with self as (
      select p.id, ${sqlPriceIn('p.price_from', localisation)} as price from product.product p where p.id = ${id} and ${sqlIsOnSale}
    ), neighbour as materialized (
      select distinct other.product_id as id from self join product.product_category own on own.product_id = self.id
      join product.product_category other using (category_id) where other.product_id <> self.id
    ), near as (
      select ${cardColumns(localisation)}, false as is_self,
        abs((${sqlPriceIn('p.price_from', localisation)} ->> 'amount')::bigint - (self.price ->> 'amount')::bigint) as distance
      from self cross join neighbour join product.product p on p.id = neighbour.id and p.status = 'active'
      where ${sqlPriceIn('p.price_from', localisation)} ->> 'currency' = self.price ->> 'currency' and ${sqlIsInStock('p.id')}
      order by distance, p.id limit ${limit}
    )
    select * from near union all
    select id, null, null, null, null, null, null, true, null from self
    order by is_self, distance, id`)
  if (rows.length === 0) throw new AppError('not_found', { field: 'id', message: 'There is no such product.' })
  return rows.filter((row) => !row.is_self).map((row) => asCard(row, localisation))
}

/** All categories as trees, each level in order of position. */
export async function categoryTree(query: Queryable, locale: Locale): Promise<Category[]> {
  const { rows } = await query.execute<CategoryRef & { parent_id: string | null } & Record<string, unknown>>(sql`
    select id, slug, ${sqlTextIn('name', locale)} as name, parent_id from product.category order by position, slug`)
  const children = Map.groupBy(rows, (row) => row.parent_id)
  const childrenOf = (parentId: string | null): Category[] =>
    (children.get(parentId) ?? []).map(({ id, slug, name }) => ({ id, slug, name, children: childrenOf(id) }))
  return childrenOf(null)
}
