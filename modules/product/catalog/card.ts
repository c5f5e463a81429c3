import { sql, type SQL } from 'drizzle-orm'
import type { Queryable } from '#db'
import type { ProductCard } from '../contract.ts'
import type { ProductDraft } from '../draft.contract.ts'
import type { PriceFrom } from '../schema.ts'
import { asMoney, sqlPriceIn, sqlTextIn, textIn, type View } from './view.ts'

/** A product as lists show it; `from product.product p` must be in scope. */
export const cardColumns = (view: View): SQL => sql`
  p.id, p.slug, p.brand, ${sqlTextIn('p.title', view.locale)} as title, p.media -> 0 as image,
  ${sqlPriceIn('p.price_from', view)} as price,
  ${sqlIsInStock('p.id')} as available`

/** Any variant can be bought now. A plain `exists` would be answered by reading all stock even for one page of products. */
export const sqlIsInStock = (productId: 'p.id' | 'd.product_id'): SQL =>
  sql`coalesce((select true from product.stock s where s.product_id = ${sql.raw(productId)} and s.available > 0 limit 1), false)`

export interface CardRow {
  [column: string]: unknown
  id: string
  slug: string
  brand: string | null
  title: string
  image: ProductDraft['media'][number] | null
  price: PriceFrom
  available: boolean
}

export function asCard(row: CardRow, view: View): ProductCard {
  return {
    id: row.id,
    slug: row.slug,
    title: row.title,
    brand: row.brand,
    image: asImage(row.image, view),
    ...asMoney(row.price),
    available: row.available,
  }
}

export const asImage = (
  medium: ProductDraft['media'][number] | null,
  view: Pick<View, 'locale'>,
): ProductCard['image'] => (medium === null ? null : { url: medium.url, alt: textIn(medium.alt, view.locale) })

/** The cards of these products, in the order of `ids`; what is not on sale in this view is left out. */
export async function readCards(query: Queryable, ids: string[], view: View): Promise<ProductCard[]> {
  if (ids.length === 0) return []
  const { rows } = await query.execute<CardRow>(sql`
    select ${cardColumns(view)} from product.product p
    where p.id = any(${sql.param(ids)}::uuid[]) and p.status = 'active' and ${sqlPriceIn('p.price_from', view)} is not null`)
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    return row === undefined ? [] : [asCard(row, view)]
  })
}
