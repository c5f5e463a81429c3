import type { Locale } from '#schemas'
import { productDraftSchema, type CategoryDraft, type ProductDraft } from '../draft.contract.ts'
import { categoryPath } from './category-path.rules.ts'
import {
  localeOf,
  parseImageUrl,
  parsePrice,
  parsePublished,
  parseQuantity,
  parseStatus,
  quoted,
} from './csv-cell.rules.ts'
import type { Column, Header } from './csv-header.rules.ts'
import type { Row } from './csv-rows.ts'
import { plainLine, plainParagraphs } from './plain-text.rules.ts'
import { resolveOptions, type ParsedVariant } from './product-options.rules.ts'
import type { Reject } from './rejections.ts'

export interface Pricing {
  currency: string
  /** Number of decimals of the currency. */
  digits: number
}

/** Product built from all rows of one Handle. */
export interface ParsedProduct {
  /** Line on which its first row begins; identifies the product within the file. */
  line: number
  handle: string | null
  /** Language of its texts. */
  locale: Locale
  /** Null if any of its rows was rejected. */
  draft: ProductDraft | null
  /** Category path from the root to the leaf; empty if the file has none. */
  categories: CategoryDraft[]
  /** Line of each variant of the draft. */
  variantLines: number[]
  /** Number of variants without a SKU in the file, for which one was generated. */
  skusGenerated: number
}

interface ProductBuilderOptions {
  header: Header
  first: Row
  handle: string | null
  pricing: Pricing
  reject: Reject
}

// One more than a draft may have, so that validation of the draft rejects the excess.
const variantsMax = 501
const imagesMax = 51

/** Builds a product from its rows. The first row has the product's own data; every row can add a variant, an image or both. */
export class ProductBuilder {
  readonly handle: string | null
  readonly #header: Header
  readonly #first: Row
  readonly #pricing: Pricing
  readonly #report: Reject
  readonly #variants: ParsedVariant[] = []
  readonly #images: { url: string; alt: string; position: number }[] = []
  #isRejected = false

  constructor({ header, first, handle, pricing, reject }: ProductBuilderOptions) {
    this.handle = handle
    this.#header = header
    this.#first = first
    this.#pricing = pricing
    this.#report = reject
    if (handle === null) return
    if (!/^[\p{L}\p{M}\p{N}._~-]+$/u.test(handle))
      this.#reject(first.line, 'handle', `${quoted(handle)} may hold letters, digits and - . _ ~ only`)
  }

  add(row: Row): void {
    const { width } = this.#header
    if (row.cells.length !== width) {
      const isLong = row.lastLine > row.line ? `; it goes on to line ${row.lastLine}, so a quote may not be closed` : ''
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
    this.#addVariant(row)
    this.#addImage(row)
  }

  #addVariant(row: Row): void {
    const hasVariant = (['sku', 'price', 'compareAt', 'option1Value', 'option2Value', 'option3Value'] as const).some(
      (column) => this.#cell(row, column) !== '',
    )
    if (row !== this.#first && !hasVariant) return
    const price = this.#valueOrReject(row, 'price', parsePrice(this.#cell(row, 'price'), this.#pricing.digits)) ?? 0
    const compareAtText = this.#cell(row, 'compareAt')
    const compareAt =
      compareAtText === '' ? 0 : this.#valueOrReject(row, 'compareAt', parsePrice(compareAtText, this.#pricing.digits))
    const stock = this.#valueOrReject(row, 'quantity', parseQuantity(this.#cell(row, 'quantity'))) ?? 0
    if (this.#variants.length === variantsMax) return
    this.#variants.push({
      line: row.line,
      // Shopify exports SKUs with leading zeros as '00123, since spreadsheets drop the zeros without the apostrophe.
      sku: this.#cell(row, 'sku').replace(/^'(?=\d)/, ''),
      values: (['option1Value', 'option2Value', 'option3Value'] as const).map((column) =>
        plainLine(this.#cell(row, column)),
      ),
      price,
      compareAt: compareAt !== null && compareAt > price ? compareAt : null,
      stock,
    })
  }

  #addImage(row: Row): void {
    const text = this.#cell(row, 'image')
    if (text === '') return
    const url = this.#valueOrReject(row, 'image', parseImageUrl(text))
    if (url === null || this.#images.length === imagesMax || this.#images.some((image) => image.url === url.href))
      return
    const position = Number(this.#cell(row, 'imagePosition') || Number.NaN)
    this.#images.push({
      url: url.href,
      alt: plainLine(this.#cell(row, 'imageAlt')),
      position: Number.isFinite(position) ? position : Infinity,
    })
  }

  build(): ParsedProduct {
    const first = this.#first
    const title = plainLine(this.#cell(first, 'title'))
    const hasAllCells = first.cells.length === this.#header.width
    if (hasAllCells && title === '') this.#reject(first.line, 'title', 'is missing on the first row of the product')
    const locale = localeOf(title)
    const categoryColumn = this.#cell(first, 'category') === '' ? 'type' : 'category'
    const categories = this.#valueOrReject(first, categoryColumn, categoryPath(this.#cell(first, categoryColumn))) ?? []
    const status = this.#status()
    const names = (['option1Name', 'option2Name', 'option3Name'] as const).map((name) =>
      plainLine(this.#cell(first, name)),
    )
    const { options, variants, skusGenerated } = resolveOptions(
      { handle: this.handle ?? '', names, variants: this.#variants, locale },
      (line, column, reason) => this.#reject(line, column, reason),
    )
    const body = plainParagraphs(this.#cell(first, 'body'))
    const draft = this.#checked({
      slug: this.handle ?? '',
      status,
      brand: plainLine(this.#cell(first, 'vendor')) || null,
      title: { [locale]: title },
      // A draft needs a description, so the title stands in for an empty one.
      description: { [locale]: body || title },
      categories: categories.slice(-1).map(({ slug }) => slug),
      media: this.#images
        .toSorted((a, b) => (a.position === b.position ? 0 : a.position - b.position))
        .map(({ url, alt }) => ({ url, alt: { [locale]: alt || title } })),
      options,
      variants: variants.map(({ sku, values, price, compareAt, stock }) => ({
        sku,
        values,
        prices: { [this.#pricing.currency]: price },
        ...(compareAt === null ? {} : { compareAt: { [this.#pricing.currency]: compareAt } }),
        stock,
      })),
      attributes: [],
    })
    return {
      line: first.line,
      handle: this.handle,
      locale,
      draft,
      categories,
      variantLines: variants.map(({ line }) => line),
      skusGenerated,
    }
  }

  /** An active product with a false `Published` is hidden in Shopify, so it becomes a draft. */
  #status(): ProductDraft['status'] {
    const status =
      this.#valueOrReject(this.#first, 'status', parseStatus(this.#cell(this.#first, 'status')))?.value ?? 'active'
    const isPublished =
      this.#valueOrReject(this.#first, 'published', parsePublished(this.#cell(this.#first, 'published'))) ?? true
    return status === 'active' && !isPublished ? 'draft' : status
  }

  #checked(draft: ProductDraft): ProductDraft | null {
    if (this.#isRejected) return null
    const parsed = productDraftSchema.safeParse(draft)
    if (parsed.success) return parsed.data
    for (const { path, message } of parsed.error.issues) {
      const [part, index, name] = path
      const line = part === 'variants' && typeof index === 'number' ? this.#variants[index]?.line : undefined
      this.#reject(line ?? this.#first.line, columnOf(String(part), String(name)), message)
    }
    return null
  }

  #cell(row: Row, column: Column): string {
    return this.#header.cell(row.cells, column)
  }

  /** The parsed value; null after its rejection has been reported. */
  #valueOrReject<Value extends number | boolean | object>(
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
    this.#report(this.#first.line, {
      line,
      ...(this.handle === null ? {} : { handle: this.handle }),
      ...(column === null ? {} : { field: this.#header.nameOf(column) }),
      reason,
    })
  }
}

const partColumns: Record<string, Column> = {
  slug: 'handle',
  brand: 'vendor',
  title: 'title',
  description: 'body',
  categories: 'category',
  media: 'image',
  options: 'option1Name',
}

const columnOf = (part: string, name: string): Column =>
  partColumns[part] ?? (name === 'values' ? 'option1Value' : 'sku')
