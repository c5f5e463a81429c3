import { statement, type Queryable } from '#db'
import type { Locale, Money } from '#schemas'
import { asImage } from './product-card.view.ts'
import type { Image } from '../contract.ts'
import type { ProductDraft, Text } from '../draft.contract.ts'
import { sqlSellable } from '../stock/stock.store.ts'
import { textIn } from './localisation.rules.ts'

/** One SKU with the title, price and stock that a cart or order line needs. */
export interface Offer {
  sku: string
  productId: string
  productSlug: string
  /** Title of the product, followed by ` – ` and the title of the variant if the product has options. */
  title: string
  image: Image | null
  /** Price in the requested currency; null if there is none. */
  price: Money | null
  /** Price in the base currency, to show when `price` is null; null if there is none. */
  basePrice: Money | null
  /** Units that can be bought now; the largest quantity of a line if it is not limited by stock. */
  available: number
  /** Whether its product is active or unlisted. */
  isOnSale: boolean
}

export interface OffersInput {
  skus: string[]
  currency: string
  baseCurrency: string
  locale: Locale
}

/** Whether the product `p` is on sale, in SQL. */
export const isOnSale = "p.status in ('active', 'unlisted')"

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
  `select v.sku, p.id, p.slug, p.title, coalesce(p.media -> v.image, p.media -> 0) as image, p.options, v.values,
     (v.prices ->> $2)::bigint as amount, (v.prices ->> $3)::bigint as base,
     ${sqlSellable} as available, ${isOnSale} as is_on_sale
   from product.variant v join product.product p on p.id = v.product_id join product.stock s on s.sku = v.sku
   where v.sku = any($1::text[])`,
)

/** Offers by SKU, read in one statement. Unknown SKUs are absent. */
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

/** Option values of a variant, such as `Sand / Large`; empty without options. */
export const variantTitle = (options: ProductDraft['options'], values: number[], locale: Locale): string =>
  options
    .flatMap((option, index) => {
      const value = option.values[values[index] ?? 0]
      return value === undefined ? [] : [textIn(value, locale)]
    })
    .join(' / ')
