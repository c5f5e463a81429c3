import type { Locale } from '#schemas'
import { imagesMax, productDraftSchema, variantsMax, type CategoryDraft, type ProductDraft } from '../draft.contract.ts'
import { categoryPath } from './category-path.rules.ts'
import {
  parseImageUrls,
  parsePrice,
  parsePublished,
  parseQuantity,
  parseStatus,
  quoted,
  type PriceFormat,
} from './csv-cell.rules.ts'
import type { Column, Header } from './csv-header.rules.ts'
import type { Row } from './csv-rows.ts'
import { draftProblem } from './draft-problem.rules.ts'
import { parseInventoryPolicy } from './inventory.rules.ts'
import { guessLocale, type GuessedLocale } from './language.rules.ts'
import { plainLine, plainParagraphs } from './plain-text.rules.ts'
import { resolveOptions, type ParsedVariant } from './product-options.rules.ts'
import type { Reject, RowRejection } from './rejections.ts'
import { damagedSku, damagedText } from './suspicious-text.rules.ts'

/** How the rows of a file become products. */
export interface ReadOptions {
  prices: PriceFormat
  /** Language of all texts; null to guess it for each product. */
  locale: Locale | null
  /** Language of a product whose texts do not show it. */
  doubtfulLocale: Locale
  reject: Reject
  warn(warning: RowRejection): void
}

/** Product built from all rows of one Handle. */
export interface ParsedProduct {
  /** Line on which its first row begins; identifies the product within the file. */
  line: number
  handle: string | null
  /** Language of its texts. */
  locale: Locale
  doubt: GuessedLocale['doubt']
  /** Whether the file has a description of it; otherwise the title stands in. */
  isDescribed: boolean
  /** Null if any of its rows was rejected. */
  draft: ProductDraft | null
  /** Category path from the root to the leaf; empty if the file has none. */
  categories: CategoryDraft[]
  /** What the draft does not hold of its variants, in the same order. */
  variants: ParsedVariantFacts[]
  /** Number of negative quantities, which became 0. */
  negativeQuantities: number
}

/** What a draft does not hold of a variant. */
export interface ParsedVariantFacts {
  line: number
  /** Units in stock; null if the file does not say. */
  quantity: number | null
  /** The file has no SKU for it, so that one was generated. */
  isSkuGenerated: boolean
}

const optionNames = ['option1Name', 'option2Name', 'option3Name'] as const
const optionValues = ['option1Value', 'option2Value', 'option3Value'] as const

/** Builds a product from its rows. The first row has the product's own data; every row can add a variant, an image or both. */
export class ProductBuilder {
  readonly handle: string | null
  readonly #header: Header
  readonly #first: Row
  readonly #options: ReadOptions
  readonly #variants: ParsedVariant[] = []
  readonly #images = new Map<string, { alt: string; position: number }>()
  #negativeQuantities = 0
  #isRejected = false

  constructor({ header, first, handle }: { header: Header; first: Row; handle: string | null }, options: ReadOptions) {
    this.handle = handle
    this.#header = header
    this.#first = first
    this.#options = options
    if (handle === null) return
    if (!/^[\p{L}\p{M}\p{N}._~-]+$/u.test(handle))
      this.#reject(first.line, 'handle', `${quoted(handle)} may hold letters, digits and - . _ ~ only`)
  }

  add(row: Row): void {
    if (!this.#header.fits(row.cells)) {
      const isLong = row.lastLine > row.line ? `; it goes on to line ${row.lastLine}, so a quote may not be closed` : ''
      const { width } = this.#header
      return this.#reject(row.line, null, `the row has ${row.cells.length} columns and the header ${width}${isLong}`)
    }
    if (this.#cell(row, 'handle') === '') this.#reject(row.line, 'handle', 'is missing')
    const title = this.#cell(row, 'title')
    if (title !== '' && title !== this.#cell(this.#first, 'title')) {
      this.#reject(
        row.line,
        'title',
        `differs from the one on line ${this.#first.line}: two products cannot share a Handle`,
      )
    }
    this.#addImages(row, 'image')
    const [imageUrl = null] = this.#addImages(row, 'variantImage')
    this.#addVariant(row, imageUrl)
    for (const column of ['title', 'body', 'vendor', ...optionNames, ...optionValues] as const)
      this.#warnOf(row, column, damagedText(this.#cell(row, column)))
  }

  #addVariant(row: Row, imageUrl: string | null): void {
    const hasVariant = (['sku', 'price', 'compareAt', ...optionValues] as const).some(
      (column) => this.#cell(row, column) !== '',
    )
    if (row !== this.#first && !hasVariant) return
    const { prices } = this.#options
    const price = this.#valueOrReject(row, 'price', parsePrice(this.#cell(row, 'price'), prices)) ?? 0
    const compareAtText = this.#cell(row, 'compareAt')
    const compareAt =
      compareAtText === '' ? 0 : this.#valueOrReject(row, 'compareAt', parsePrice(compareAtText, prices))
    const quantity = this.#valueOrReject(row, 'quantity', parseQuantity(this.#cell(row, 'quantity')))
    if (quantity?.isNegative === true) this.#negativeQuantities += 1
    const policy = parseInventoryPolicy(this.#header, {
      tracker: this.#cell(row, 'tracker'),
      policy: this.#cell(row, 'policy'),
    })
    // Shopify exports SKUs with leading zeros as '00123, since spreadsheets drop the zeros without the apostrophe.
    const sku = this.#cell(row, 'sku').replace(/^'(?=\d)/, '')
    this.#warnOf(row, 'sku', damagedSku(sku))
    // One more than a draft may have, so that its validation rejects the excess.
    if (this.#variants.length > variantsMax) return
    this.#variants.push({
      line: row.line,
      sku,
      values: optionValues.map((column) => plainLine(this.#cell(row, column))),
      price,
      compareAt: compareAt !== null && compareAt > price ? compareAt : null,
      quantity: quantity?.units ?? null,
      inventoryPolicy: this.#valueOrReject(row, 'policy', policy)?.value ?? 'tracked',
      imageUrl,
    })
  }

  /** Adds the pictures of a cell and returns their addresses. A picture that only variants have comes last. */
  #addImages(row: Row, column: 'image' | 'variantImage'): string[] {
    const text = this.#cell(row, column)
    const urls = text === '' ? [] : (this.#valueOrReject(row, column, parseImageUrls(text)) ?? [])
    const position = Number(this.#cell(row, 'imagePosition') || Number.NaN)
    for (const url of urls) {
      const known = this.#images.get(url)
      if (known ? column === 'variantImage' || known.position < Infinity : this.#images.size > imagesMax) continue
      this.#images.delete(url)
      this.#images.set(
        url,
        column === 'variantImage'
          ? { alt: '', position: Infinity }
          : {
              alt: plainLine(this.#cell(row, 'imageAlt')),
              position: Number.isFinite(position) ? position : Number.MAX_SAFE_INTEGER,
            },
      )
    }
    return urls
  }

  build(): ParsedProduct {
    const first = this.#first
    const title = plainLine(this.#cell(first, 'title'))
    if (this.#header.fits(first.cells) && title === '')
      this.#reject(first.line, 'title', 'is missing on the first row of the product')
    const categoryColumn = this.#cell(first, 'category') === '' ? 'type' : 'category'
    const categories = this.#valueOrReject(first, categoryColumn, categoryPath(this.#cell(first, categoryColumn))) ?? []
    const status = this.#status()
    const names = optionNames.map((name) => plainLine(this.#cell(first, name)))
    const body = plainParagraphs(this.#cell(first, 'body'))
    const { locale, doubt } = this.#locale(title, [body, ...names, ...this.#variants.flatMap(({ values }) => values)])
    const { options, variants } = resolveOptions(
      { handle: this.handle ?? '', names, variants: this.#variants, locale },
      (line, column, reason) => this.#reject(line, column, reason),
    )
    const media = [...this.#images].toSorted(([, a], [, b]) =>
      a.position === b.position ? 0 : a.position - b.position,
    )
    const imageIndexes = new Map(media.map(([url], index) => [url, index]))
    const { currency } = this.#options.prices
    const draft = this.#checked({
      slug: this.handle ?? '',
      status,
      brand: plainLine(this.#cell(first, 'vendor')) || null,
      title: { [locale]: title },
      // A draft needs a description, so the title stands in for an empty one.
      description: { [locale]: body || title },
      categories: categories.slice(-1).map(({ slug }) => slug),
      media: media.map(([url, { alt }]) => ({ url, alt: { [locale]: alt || title } })),
      options,
      variants: variants.map(({ sku, values, price, compareAt, quantity, inventoryPolicy, imageUrl }) => ({
        sku,
        values,
        prices: { [currency]: price },
        ...(compareAt === null ? {} : { compareAt: { [currency]: compareAt } }),
        stock: quantity ?? 0,
        inventoryPolicy,
        ...imageAt(imageIndexes.get(imageUrl ?? '')),
      })),
      attributes: [],
    })
    return {
      line: first.line,
      handle: this.handle,
      locale,
      doubt,
      isDescribed: body !== '',
      draft,
      categories,
      variants: variants.map(({ line, quantity, isSkuGenerated }) => ({ line, quantity, isSkuGenerated })),
      negativeQuantities: this.#negativeQuantities,
    }
  }

  #locale(title: string, otherTexts: string[]): GuessedLocale {
    const { locale, doubtfulLocale } = this.#options
    if (locale !== null) return { locale, doubt: null }
    const guess = guessLocale(title, otherTexts)
    return guess.doubt === null ? guess : { locale: doubtfulLocale, doubt: guess.doubt }
  }

  /** An active product with a false `Published` is hidden in Shopify, so it becomes a draft. */
  #status(): ProductDraft['status'] {
    const status =
      this.#valueOrReject(this.#first, 'status', parseStatus(this.#cell(this.#first, 'status')))?.value ?? 'active'
    const isPublished =
      this.#valueOrReject(this.#first, 'published', parsePublished(this.#cell(this.#first, 'published'))) ?? true
    return (status === 'active' || status === 'unlisted') && !isPublished ? 'draft' : status
  }

  #checked(draft: ProductDraft): ProductDraft | null {
    if (this.#isRejected) return null
    const parsed = productDraftSchema.safeParse(draft)
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues) {
      const { column, variant, reason } = draftProblem(issue)
      const line = variant === null ? undefined : this.#variants[variant]?.line
      this.#reject(line ?? this.#first.line, column, reason)
    }
    return null
  }

  #cell(row: Row, column: Column): string {
    return this.#header.cell(row.cells, column)
  }

  /** The parsed value; null after its rejection has been reported. */
  #valueOrReject<Value extends number | boolean | object | null>(
    row: Row,
    column: Column,
    value: Value | string,
  ): Value | null {
    if (typeof value !== 'string') return value
    this.#reject(row.line, column, value)
    return null
  }

  #reject(line: number, column: Column | null, reason: string): void {
    this.#isRejected = true
    this.#options.reject(this.#first.line, this.#noteOn(line, column, reason))
  }

  #warnOf(row: Row, column: Column, reason: string | null): void {
    if (reason !== null) this.#options.warn(this.#noteOn(row.line, column, reason))
  }

  #noteOn(line: number, column: Column | null, reason: string): RowRejection {
    return {
      line,
      ...(this.handle === null ? {} : { handle: this.handle }),
      ...(column === null ? {} : { field: this.#header.nameOf(column) }),
      reason,
    }
  }
}

const imageAt = (image: number | undefined): { image?: number } => (image === undefined ? {} : { image })
