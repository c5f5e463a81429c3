import type { ProductDraft, VariantDraft } from '../draft.contract.ts'
import { attributeNames, optionNames } from './vocabulary.ts'

/** English, then Chinese. A bare string reads the same in both. */
export type Pair = string | readonly [en: string, zh: string]

/** Minor units of USD, EUR and CNY. */
export type PriceRow = readonly [usd: number, eur: number, cny: number]

/** SKU and stock; a price only where it differs from the product's. */
export type VariantRow = readonly [sku: string, stock: number, price?: PriceRow]

export interface ProductSketch {
  /** Also the name of its picture. */
  slug: string
  brand: string
  /** Slugs of leaves. */
  categories: readonly string[]
  title: Pair
  description: Pair
  alt: Pair
  options?: Partial<Record<keyof typeof optionNames, readonly Pair[]>>
  price: PriceRow
  /** What every variant cost before. */
  compareAt?: PriceRow
  /** Every combination of the options' values, the last option turning fastest. */
  variants: readonly VariantRow[]
  attributes: Partial<Record<keyof typeof attributeNames, Pair>>
}

/** Spells out a sketch as the draft that the catalog takes in. Throws when variants and options do not match in number. */
export function draftProduct(sketch: ProductSketch): ProductDraft {
  const options = entriesOf(sketch.options ?? {})
  const combinations = combine(options.map(([, values]) => values.length))
  if (combinations.length !== sketch.variants.length)
    throw new Error(`${sketch.slug}: ${combinations.length} combinations, but ${sketch.variants.length} variants`)
  return {
    slug: sketch.slug,
    status: 'active',
    brand: sketch.brand,
    title: textOf(sketch.title),
    description: textOf(sketch.description),
    categories: [...sketch.categories],
    media: [{ url: `/demo/${sketch.slug}.svg`, alt: textOf(sketch.alt) }],
    options: options.map(([name, values]) => ({ name: textOf(optionNames[name]), values: values.map(textOf) })),
    variants: sketch.variants.map((row, index) => draftVariant(sketch, row, combinations[index] ?? [])),
    attributes: entriesOf(sketch.attributes).map(([name, value]) => ({
      name: textOf(attributeNames[name]),
      value: textOf(value),
    })),
  }
}

/** A text in both languages. */
export function textOf(pair: Pair): { en: string; zh: string } {
  const [en, zh] = typeof pair === 'string' ? [pair, pair] : pair
  return { en, zh }
}

function draftVariant(sketch: ProductSketch, [sku, stock, price]: VariantRow, values: number[]): VariantDraft {
  return {
    sku,
    values,
    prices: pricesOf(price ?? sketch.price),
    ...(sketch.compareAt && { compareAt: pricesOf(sketch.compareAt) }),
    stock,
  }
}

const pricesOf = ([USD, EUR, CNY]: PriceRow): Record<string, number> => ({ USD, EUR, CNY })

/** All index tuples below `sizes`, in counting order; the empty tuple alone where there are no sizes. */
const combine = (sizes: number[]): number[][] =>
  sizes.reduce<number[][]>(
    (tuples, size) => tuples.flatMap((tuple) => Array.from({ length: size }, (_, index) => [...tuple, index])),
    [[]],
  )

/** Object.entries that keeps the type of the keys; safe for object literals, which hold no other keys. */
const entriesOf = <Key extends string, Value>(record: Partial<Record<Key, Value>>): [Key, Value][] =>
  Object.entries(record) as [Key, Value][]
