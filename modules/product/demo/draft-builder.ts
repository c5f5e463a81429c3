import { convertedPrice, hasExchangeRate } from '#lib/exchange-rates'
import type { ProductDraft, VariantDraft } from '../draft.contract.ts'
import { attributeNames, optionNames } from './translations.ts'

/** English and Chinese text. A single string is used for both. */
export type BilingualText = string | readonly [en: string, zh: string]

/** Price in minor units of USD, EUR and CNY. */
export type PriceRow = readonly [usd: number, eur: number, cny: number]

/** SKU, stock and, if it differs from the product's, price of a variant. */
export type VariantRow = readonly [sku: string, stock: number, price?: PriceRow]

export interface DemoProduct {
  /** Also the file name of the picture, without extension. */
  slug: string
  brand: string
  /** Slugs of leaf categories. */
  categories: readonly string[]
  title: BilingualText
  description: BilingualText
  alt: BilingualText
  options?: Partial<Record<keyof typeof optionNames, readonly BilingualText[]>>
  price: PriceRow
  /** Previous price of every variant. */
  compareAt?: PriceRow
  /** One row per combination of option values, the last option varying fastest. */
  variants: readonly VariantRow[]
  attributes: Partial<Record<keyof typeof attributeNames, BilingualText>>
}

/** Expands the compact notation into a draft. @throws Error when the variants do not match the combinations of options. */
export function draftProduct(product: DemoProduct): ProductDraft {
  const options = entriesOf(product.options ?? {})
  const combinations = combinationsOf(options.map(([, values]) => values.length))
  if (combinations.length !== product.variants.length)
    throw new Error(`${product.slug}: ${combinations.length} combinations, but ${product.variants.length} variants`)
  return {
    slug: product.slug,
    status: 'active',
    brand: product.brand,
    title: textOf(product.title),
    description: textOf(product.description),
    categories: [...product.categories],
    media: [{ url: `/demo/${product.slug}.svg`, alt: textOf(product.alt) }],
    options: options.map(([name, values]) => ({ name: textOf(optionNames[name]), values: values.map(textOf) })),
    variants: product.variants.map((row, index) => draftVariant(product, row, combinations[index] ?? [])),
    attributes: entriesOf(product.attributes).map(([name, value]) => ({
      name: textOf(attributeNames[name]),
      value: textOf(value),
    })),
  }
}

/** The draft with prices in these currencies too, converted from those in USD. Currencies without an exchange rate are left out. */
export function pricedIn(draft: ProductDraft, currencies: readonly string[]): ProductDraft {
  const priced = (prices: Record<string, number>): Record<string, number> => {
    const { USD = 0 } = prices
    const missing = currencies.filter((currency) => prices[currency] === undefined && hasExchangeRate(currency))
    return { ...prices, ...Object.fromEntries(missing.map((currency) => [currency, convertedPrice(USD, currency)])) }
  }
  const variants = draft.variants.map(({ prices, compareAt, ...variant }) => ({
    ...variant,
    prices: priced(prices),
    ...(compareAt && { compareAt: priced(compareAt) }),
  }))
  return { ...draft, variants }
}

/** Text by language, as drafts have it. */
export function textOf(pair: BilingualText): { en: string; zh: string } {
  const [en, zh] = typeof pair === 'string' ? [pair, pair] : pair
  return { en, zh }
}

function draftVariant(product: DemoProduct, [sku, stock, price]: VariantRow, values: number[]): VariantDraft {
  return {
    sku,
    values,
    prices: pricesOf(price ?? product.price),
    ...(product.compareAt && { compareAt: pricesOf(product.compareAt) }),
    stock,
  }
}

const pricesOf = ([USD, EUR, CNY]: PriceRow): Record<string, number> => ({ USD, EUR, CNY })

/** All index tuples below `sizes`, in counting order; without sizes, only the empty tuple. */
const combinationsOf = (sizes: number[]): number[][] =>
  sizes.reduce<number[][]>(
    (tuples, size) => tuples.flatMap((tuple) => Array.from({ length: size }, (_, index) => [...tuple, index])),
    [[]],
  )

/** `Object.entries` that keeps the type of the keys; safe for object literals, which have no other keys. */
const entriesOf = <Key extends string, Value>(record: Partial<Record<Key, Value>>): [Key, Value][] =>
  Object.entries(record) as [Key, Value][]
