import { locales, type Locale } from '#schemas'
import type { ProductDraft, Text } from '../draft.contract.ts'
import type { Header } from './csv-header.rules.ts'
import type { ParsedProduct } from './product-builder.ts'

/** Stored product, without its stock. */
export type StoredProduct = Omit<ProductDraft, 'slug' | 'variants'> & {
  variants: (Omit<ProductDraft['variants'][number], 'stock' | 'image'> & { image: number | null })[]
}

type Options = ProductDraft['options']
type Variants = ProductDraft['variants']

interface MergeOptions {
  product: Omit<ParsedProduct, 'draft'> & { draft: ProductDraft }
  stored: StoredProduct | undefined
  header: Header
  currency: string
}

type Merging = MergeOptions & { stored: StoredProduct }

/**
 * Merges a draft from a file into the stored product. Data that the file cannot express is kept: prices in other
 * currencies, texts in the other language, attributes, and fields whose column is missing. Options and variants are
 * always those of the file. A file in another language than the product's first is a translation: it adds its texts, and
 * brand and categories are kept.
 */
export function mergeDraft({ product, stored, header, currency }: MergeOptions): ProductDraft {
  const { draft, locale } = product
  if (stored === undefined) return draft
  const isTranslation = locale !== firstLocale(stored.title)
  const storedAlts = new Map(stored.media.map(({ url, alt }) => [url, alt]))
  const storedVariants = new Map(stored.variants.map((variant) => [variant.sku, variant]))
  const variants = withStoredSkus({ product, stored })
  const media =
    header.has('image') || header.has('variantImage')
      ? draft.media.map(({ url, alt }) => ({ url, alt: { ...storedAlts.get(url), ...alt } }))
      : stored.media
  return {
    ...draft,
    title: { ...stored.title, ...draft.title },
    description: mergeDescription({ product, stored, header }),
    status: header.has('status') || header.has('published') ? draft.status : stored.status,
    brand: header.has('vendor') && !(isTranslation && stored.brand !== null) ? draft.brand : stored.brand,
    categories:
      (header.has('category') || header.has('type')) && !(isTranslation && stored.categories.length > 0)
        ? draft.categories
        : stored.categories,
    media,
    attributes: stored.attributes,
    options: mergeOptions({ options: draft.options, variants }, stored, locale),
    variants: variants.map((variant) => {
      const storedVariant = storedVariants.get(variant.sku)
      const merged = mergeVariant(variant, { stored: storedVariant, header, currency })
      return header.has('variantImage') ? merged : { ...merged, ...keptImage(storedVariant, { stored, media }) }
    }),
  }
}

/** The stored picture of a variant, at its index among these pictures; nothing if it is not among them. */
function keptImage(
  variant: StoredProduct['variants'][number] | undefined,
  { stored, media }: { stored: StoredProduct; media: ProductDraft['media'] },
): { image?: number } {
  const image = stored.media[variant?.image ?? -1]
  const index = media.findIndex(({ url }) => url === image?.url)
  return index === -1 ? {} : { image: index }
}

/** English, which is the fallback of the others, if there is a text in it. */
const firstLocale = (text: Text): Locale | undefined => locales.find((locale) => text[locale] !== undefined)

/** An empty description clears that of its language. In a language without one, readers get the other language. */
function mergeDescription({ product, stored, header }: Omit<Merging, 'currency'>): Text {
  const { draft, locale, isDescribed } = product
  if (!header.has('body')) return { ...draft.description, ...stored.description }
  return isDescribed || stored.description[locale] !== undefined
    ? { ...stored.description, ...draft.description }
    : stored.description
}

/**
 * Variants whose SKU was generated from option values in another language get the SKU of the stored variant at the same
 * option values, counted in the order of each option.
 */
function withStoredSkus({ product, stored }: Pick<Merging, 'product' | 'stored'>): Variants {
  const { draft, locale, variants } = product
  const isSameShape =
    draft.options.length === stored.options.length &&
    draft.options.every(({ values }, index) => values.length === stored.options[index]?.values.length)
  const isUntranslated = stored.options.every(({ name }) => name[locale] === undefined)
  if (!isSameShape || !(isUntranslated || draft.options.length === 0)) return draft.variants
  const skus = new Map(stored.variants.map(({ values, sku }) => [values.join(), sku]))
  const own = new Set(draft.variants.map(({ sku }) => sku))
  return draft.variants.map((variant, index) => {
    const sku = variants[index]?.isSkuGenerated === true ? skus.get(variant.values.join()) : undefined
    return sku === undefined || own.has(sku) ? variant : { ...variant, sku }
  })
}

/** Options of the file with the stored texts in other languages of the same options and values. */
function mergeOptions(file: { options: Options; variants: Variants }, stored: StoredProduct, locale: Locale): Options {
  const storedBySku = new Map(stored.variants.map((variant) => [variant.sku, variant]))
  return file.options.map(({ name, values }, position) => {
    const storedPosition = matchingOption(name, { stored: stored.options, position, locale })
    const storedOption = stored.options[storedPosition]
    if (storedOption === undefined) return { name, values }
    const untranslated = storedOption.values.map((value) => (value[locale] === undefined ? value : undefined))
    const bySku = new Map<number, Text | undefined>()
    for (const variant of file.variants) {
      const storedValue = storedBySku.get(variant.sku)?.values[storedPosition]
      if (storedValue !== undefined) bySku.set(variant.values[position] ?? 0, untranslated[storedValue])
    }
    return {
      name: { ...storedOption.name, ...name },
      values: values.map((value, index) => ({
        ...(storedOption.values.find((other) => other[locale] === value[locale]) ?? bySku.get(index)),
        ...value,
      })),
    }
  })
}

/** The stored option of the same name, else the one at the same position if it has no name in this language. */
function matchingOption(
  name: Text,
  { stored, position, locale }: { stored: Options; position: number; locale: Locale },
): number {
  const named = stored.findIndex((option) => option.name[locale] === name[locale])
  if (named >= 0) return named
  return stored[position]?.name[locale] === undefined ? position : -1
}

function mergeVariant(
  { prices, compareAt, ...variant }: Variants[number],
  {
    stored,
    header,
    currency,
  }: { stored: StoredProduct['variants'][number] | undefined; header: Header; currency: string },
): Variants[number] {
  const { [currency]: storedAmount, ...otherCurrencies } = stored?.compareAt ?? {}
  const ownCurrency = header.has('compareAt') || storedAmount === undefined ? compareAt : { [currency]: storedAmount }
  const merged = { ...otherCurrencies, ...ownCurrency }
  const hasPolicy = header.has('tracker') || header.has('policy') || stored?.inventoryPolicy === undefined
  return {
    ...variant,
    prices: { ...stored?.prices, ...prices },
    ...(Object.keys(merged).length === 0 ? {} : { compareAt: merged }),
    ...(hasPolicy ? {} : { inventoryPolicy: stored.inventoryPolicy }),
  }
}
