import type { ProductDraft, Text } from '../draft.contract.ts'
import type { Header } from './columns.ts'
import type { GatheredProduct } from './product-rows.ts'

/** A product as the catalog has it, without stock. */
export type StoredProduct = Omit<ProductDraft, 'slug' | 'variants'> & {
  variants: Omit<ProductDraft['variants'][number], 'stock' | 'values'>[]
}

interface MergeOptions {
  product: Omit<GatheredProduct, 'draft'> & { draft: ProductDraft }
  stored: StoredProduct | undefined
  header: Header
  currency: string
}

/**
 * What a file does not speak of survives it: prices in other currencies, texts in the other language, attributes, and
 * whatever stands in columns that it does not have. Options and variants are always the file's.
 */
export function mergeDraft({ product: { draft, locale }, stored, header, currency }: MergeOptions): ProductDraft {
  if (stored === undefined) return draft
  const known = new Map(stored.variants.map((variant) => [variant.sku, variant]))
  const alts = new Map(stored.media.map(({ url, alt }) => [url, alt]))
  const optionNamed = (name: Text) => stored.options.find((option) => option.name[locale] === name[locale])
  return {
    ...draft,
    title: { ...stored.title, ...draft.title },
    description: header.has('body')
      ? { ...stored.description, ...draft.description }
      : { ...draft.description, ...stored.description },
    status: header.has('status') || header.has('published') ? draft.status : stored.status,
    brand: header.has('vendor') ? draft.brand : stored.brand,
    categories: header.has('category') || header.has('type') ? draft.categories : stored.categories,
    media: header.has('image')
      ? draft.media.map(({ url, alt }) => ({ url, alt: { ...alts.get(url), ...alt } }))
      : stored.media,
    attributes: stored.attributes,
    options: draft.options.map(({ name, values }) => ({
      name: optionNamed(name)?.name ?? name,
      values: values.map(
        (value) => optionNamed(name)?.values.find((other) => other[locale] === value[locale]) ?? value,
      ),
    })),
    variants: draft.variants.map(({ prices, compareAt, ...variant }) => {
      const before = known.get(variant.sku)
      const { [currency]: ownBefore, ...others } = before?.compareAt ?? {}
      const own = header.has('compareAt') || ownBefore === undefined ? compareAt : { [currency]: ownBefore }
      const compared = { ...others, ...own }
      return {
        ...variant,
        prices: { ...before?.prices, ...prices },
        ...(Object.keys(compared).length === 0 ? {} : { compareAt: compared }),
      }
    }),
  }
}
