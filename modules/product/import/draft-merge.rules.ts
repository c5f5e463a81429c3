import type { ProductDraft, Text } from '../draft.contract.ts'
import type { Header } from './csv-header.rules.ts'
import type { ParsedProduct } from './product-builder.ts'

/** Stored product, without its stock. */
export type StoredProduct = Omit<ProductDraft, 'slug' | 'variants'> & {
  variants: Omit<ProductDraft['variants'][number], 'stock' | 'values'>[]
}

interface MergeOptions {
  product: Omit<ParsedProduct, 'draft'> & { draft: ProductDraft }
  stored: StoredProduct | undefined
  header: Header
  currency: string
}

/**
 * Merges a draft from a file into the stored product. Data that the file cannot express is kept: prices in other
 * currencies, texts in the other language, attributes, and fields whose column is missing. Options and variants are
 * always those of the file.
 */
export function mergeDraft({ product: { draft, locale }, stored, header, currency }: MergeOptions): ProductDraft {
  if (stored === undefined) return draft
  const storedVariants = new Map(stored.variants.map((variant) => [variant.sku, variant]))
  const storedAlts = new Map(stored.media.map(({ url, alt }) => [url, alt]))
  const storedOption = (name: Text) => stored.options.find((option) => option.name[locale] === name[locale])
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
      ? draft.media.map(({ url, alt }) => ({ url, alt: { ...storedAlts.get(url), ...alt } }))
      : stored.media,
    attributes: stored.attributes,
    options: draft.options.map(({ name, values }) => ({
      name: storedOption(name)?.name ?? name,
      values: values.map(
        (value) => storedOption(name)?.values.find((other) => other[locale] === value[locale]) ?? value,
      ),
    })),
    variants: draft.variants.map(({ prices, compareAt, ...variant }) => {
      const storedVariant = storedVariants.get(variant.sku)
      const { [currency]: storedAmount, ...otherCurrencies } = storedVariant?.compareAt ?? {}
      const ownCurrency =
        header.has('compareAt') || storedAmount === undefined ? compareAt : { [currency]: storedAmount }
      const merged = { ...otherCurrencies, ...ownCurrency }
      return {
        ...variant,
        prices: { ...storedVariant?.prices, ...prices },
        ...(Object.keys(merged).length === 0 ? {} : { compareAt: merged }),
      }
    }),
  }
}
