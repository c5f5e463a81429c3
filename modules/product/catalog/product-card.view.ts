import { sql, type SQL } from 'drizzle-orm'
import type { Queryable } from '#db'
import type { ProductCard } from '../contract.ts'
import type { ProductDraft } from '../draft.contract.ts'
import type { PriceFrom } from '../schema.ts'
import { asMoney, sqlPriceIn, sqlTextIn, textIn, type Localisation } from './localisation.rules.ts'

/** Columns of a {@link CardRow}; `from product.product p` must be in scope. */
export const cardColumns = (localisation: Localisation): SQL => sql`
  p.id, p.slug, p.brand, ${sqlTextIn('p.title', localisation.locale)} as title, p.media -> 0 as image,
  ${sqlPriceIn('p.price_from', localisation)} as price,
  ${sqlIsInStock('p.id')} as available`

/**
 * Whether any variant can be bought now. A plain `exists` would be planned as a scan of all stock, even for one page of
 * products.
 */
export const sqlIsInStock = (productId: 'p.id' | 'd.product_id'): SQL =>
  sql`coalesce((select true from product.stock s where s.product_id = ${sql.raw(productId)} and (s.available > 0 or s.policy <> 'tracked') limit 1), false)`

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

export function asCard(row: CardRow, localisation: Localisation): ProductCard {
  return {
    id: row.id,
    slug: row.slug,
    title: row.title,
    brand: row.brand,
    image: asImage(row.image, localisation),
    ...asMoney(row.price),
    available: row.available,
  }
}

export const asImage = (
  medium: ProductDraft['media'][number] | null,
  localisation: Pick<Localisation, 'locale'>,
): ProductCard['image'] => (medium === null ? null : { url: medium.url, alt: textIn(medium.alt, localisation.locale) })

/** Cards of these products, in the order of `ids`. Products that are inactive or have no price to show are omitted. */
export async function readCards(query: Queryable, ids: string[], localisation: Localisation): Promise<ProductCard[]> {
  if (ids.length === 0) return []
  const { rows } = await query.execute<CardRow>(sql`
    select ${cardColumns(localisation)} from product.product p
    where p.id = any(${sql.param(ids)}::uuid[]) and p.status = 'active' and ${sqlPriceIn('p.price_from', localisation)} is not null`)
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    return row === undefined ? [] : [asCard(row, localisation)]
  })
}
