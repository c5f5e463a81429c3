import type { Locale } from '#schemas'
import { productDraftSchema, type CategoryDraft, type ProductDraft } from '../draft.contract.ts'
import { categoryPath } from './category-path.ts'
import { localeOf, parseImageUrl, parsePrice, parsePublished, parseQuantity, parseStatus, quoted } from './cells.ts'
import type { Column, Header } from './columns.ts'
import type { Row } from './csv-rows.ts'
import { plainLine, plainParagraphs } from './plain-text.ts'
import { chooseOptions, type GivenVariant } from './product-options.ts'
import type { Reject } from './rejections.ts'

export interface Pricing {
  currency: string
  /** Decimals of the currency. */
  digits: number
}

/** All rows of one Handle. */
export interface GatheredProduct {
  /** On which its first row begins: what tells one product of a file from another. */
  line: number
  handle: string | null
  /** The language of its texts. */
  locale: Locale
  /** Null when one of its rows was refused. */
  draft: ProductDraft | null
  /** From the root to the leaf it belongs to; empty when the file names none. */
  categories: CategoryDraft[]
  /** Line of each variant of the draft. */
  variantLines: number[]
  /** Variants without SKU in the file, which got one. */
  skusMade: number
}

interface ProductRowsOptions {
  header: Header
  first: Row
  handle: string | null
  pricing: Pricing
  refuse: Reject
}

// One more than a draft may have: that much is enough to see that it has too many.
const variantsMax = 501
const imagesMax = 51

/** Takes in the rows of one product. The first says what it is; each may bring a variant, an image or both. */
export class ProductRows {
  readonly handle: string | null
  readonly #header: Header
  readonly #first: Row
  readonly #pricing: Pricing
  readonly #report: Reject
  readonly #variants: GivenVariant[] = []
  readonly #images: { url: string; alt: string; position: number }[] = []
  #isRefused = false

  constructor({ header, first, handle, pricing, refuse }: ProductRowsOptions) {
    this.handle = handle
    this.#header = header
    this.#first = first
    this.#pricing = pricing
    this.#report = refuse
    if (handle === null) return
    if (!/^[\p{L}\p{M}\p{N}._~-]+$/u.test(handle))
      this.#refuse(first.line, 'handle', `${quoted(handle)} may hold letters, digits and - . _ ~ only`)
  }

  add(row: Row): void {
    const { width } = this.#header
    if (row.cells.length !== width) {
      const isLong = row.lastLine > row.line ? `; it goes on to line ${row.lastLine}, so a quote may not be closed` : ''
      return this.#refuse(row.line, null, `the row has ${row.cells.length} columns and the header ${width}${isLong}`)
    }
    if (this.#cell(row, 'handle') === '') this.#refuse(row.line, 'handle', 'is missing')
    const title = this.#cell(row, 'title')
    if (title !== '' && title !== this.#cell(this.#first, 'title')) {
      this.#refuse(row.line, 'title', `is another than on line ${this.#first.line}: two products cannot share a Handle`)
    }
    this.#addVariant(row)
    this.#addImage(row)
  }

  #addVariant(row: Row): void {
    const given = (['sku', 'price', 'compareAt', 'option1Value', 'option2Value', 'option3Value'] as const).some(
      (column) => this.#cell(row, column) !== '',
    )
    if (row !== this.#first && !given) return
    const price = this.#take(row, 'price', parsePrice(this.#cell(row, 'price'), this.#pricing.digits)) ?? 0
    const before = this.#cell(row, 'compareAt')
    const compareAt = before === '' ? 0 : this.#take(row, 'compareAt', parsePrice(before, this.#pricing.digits))
    const stock = this.#take(row, 'quantity', parseQuantity(this.#cell(row, 'quantity'))) ?? 0
    if (this.#variants.length === variantsMax) return
    this.#variants.push({
      line: row.line,
      // Spreadsheets keep the zeros of '00123 only behind an apostrophe, and Shopify exports it so.
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
    const url = this.#take(row, 'image', parseImageUrl(text))
    if (url === null || this.#images.length === imagesMax || this.#images.some((image) => image.url === url.href))
      return
    const position = Number(this.#cell(row, 'imagePosition') || Number.NaN)
    this.#images.push({
      url: url.href,
      alt: plainLine(this.#cell(row, 'imageAlt')),
      position: Number.isFinite(position) ? position : Infinity,
    })
  }

  finish(): GatheredProduct {
    const first = this.#first
    const title = plainLine(this.#cell(first, 'title'))
    const isWhole = first.cells.length === this.#header.width
    if (isWhole && title === '') this.#refuse(first.line, 'title', 'is missing on the first row of the product')
    const locale = localeOf(title)
    const column = this.#cell(first, 'category') === '' ? 'type' : 'category'
    const categories = this.#take(first, column, categoryPath(this.#cell(first, column))) ?? []
    const status = this.#status()
    const names = (['option1Name', 'option2Name', 'option3Name'] as const).map((name) =>
      plainLine(this.#cell(first, name)),
    )
    const { options, variants, skusMade } = chooseOptions(
      { handle: this.handle ?? '', names, variants: this.#variants, locale },
      (line, which, reason) => this.#refuse(line, which, reason),
    )
    const body = plainParagraphs(this.#cell(first, 'body'))
    const draft = this.#checked({
      slug: this.handle ?? '',
      status,
      brand: plainLine(this.#cell(first, 'vendor')) || null,
      title: { [locale]: title },
      // A product without a text is described by its name.
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
      skusMade,
    }
  }

  /** What Shopify does not show in the shop, `Published` false, is a draft here. */
  #status(): ProductDraft['status'] {
    const status = this.#take(this.#first, 'status', parseStatus(this.#cell(this.#first, 'status')))?.value ?? 'active'
    const isPublished =
      this.#take(this.#first, 'published', parsePublished(this.#cell(this.#first, 'published'))) ?? true
    return status === 'active' && !isPublished ? 'draft' : status
  }

  #checked(draft: ProductDraft): ProductDraft | null {
    if (this.#isRefused) return null
    const parsed = productDraftSchema.safeParse(draft)
    if (parsed.success) return parsed.data
    for (const { path, message } of parsed.error.issues) {
      const [part, index, name] = path
      const line = part === 'variants' && typeof index === 'number' ? this.#variants[index]?.line : undefined
      this.#refuse(line ?? this.#first.line, columnOf(String(part), String(name)), message)
    }
    return null
  }

  #cell(row: Row, column: Column): string {
    return this.#header.cell(row.cells, column)
  }

  /** The value, or null once the reason for its lack has been reported. */
  #take<Value extends number | boolean | object>(row: Row, column: Column, value: Value | string): Value | null {
    if (typeof value !== 'string') return value
    this.#refuse(row.line, column, value)
    return null
  }

  #refuse(line: number, column: Column | null, reason: string): void {
    this.#isRefused = true
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
