import { statement, type Queryable } from '#db'
import type { Locale, Money } from '#schemas'
import { asImage } from './card.ts'
import type { Image } from '../contract.ts'
import type { ProductDraft, Text } from '../draft.contract.ts'
import { textIn } from './view.ts'

/** One SKU as a cart or an order line needs it. */
export interface Offer {
  sku: string
  productId: string
  productSlug: string
  /** The product's, with the variant's after a dash where there are options to choose. */
  title: string
  image: Image | null
  /** Null: it has no price in the currency that was asked for. */
  price: Money | null
  /** Its price in the base currency, to be told where `price` is null. */
  basePrice: Money | null
  /** Pieces that can be bought now. */
  available: number
  /** Its product is active. */
  isOnSale: boolean
}

export interface OffersInput {
  skus: string[]
  currency: string
  baseCurrency: string
  locale: Locale
}

const selectOffers = statement<{
  sku: string
  id: string
  slug: string
  title: Text
  image: ProductDraft['media'][number] | null
  options: ProductDraft['options']
  values: number[]
  amount: number | null
  base: number | null
  available: number
  is_on_sale: boolean
}>(
  'read offers',
  `select v.sku, p.id, p.slug, p.title, p.media -> 0 as image, p.options, v.values,
     (v.prices ->> $2)::bigint as amount, (v.prices ->> $3)::bigint as base,
     s.available, p.status = 'active' as is_on_sale
   from product.variant v join product.product p on p.id = v.product_id join product.stock s on s.sku = v.sku
   where v.sku = any($1::text[])`,
)

/** Offers by SKU in one statement, in the caller's transaction; unknown SKUs are absent. */
export async function readOffers(
  query: Queryable,
  { skus, currency, baseCurrency, locale }: OffersInput,
): Promise<Map<string, Offer>> {
  const { rows } = await selectOffers(query, skus, currency, baseCurrency)
  return new Map(
    rows.map((row) => [
      row.sku,
      {
        sku: row.sku,
        productId: row.id,
        productSlug: row.slug,
        title: [textIn(row.title, locale), variantTitle(row.options, row.values, locale)].filter(Boolean).join(' – '),
        image: asImage(row.image, { locale }),
        price: row.amount === null ? null : { amount: row.amount, currency },
        basePrice: row.base === null ? null : { amount: row.base, currency: baseCurrency },
        available: row.available,
        isOnSale: row.is_on_sale,
      },
    ]),
  )
}

/** The chosen values, such as `Sand / Large`; empty where there is nothing to choose. */
export const variantTitle = (options: ProductDraft['options'], values: number[], locale: Locale): string =>
  options
    .flatMap((option, index) => {
      const value = option.values[values[index] ?? 0]
      return value === undefined ? [] : [textIn(value, locale)]
    })
    .join(' / ')
