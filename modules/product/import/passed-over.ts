import type { Header } from './csv-header.rules.ts'

/** Column of the file that the import does not read, with the number of rows that have something in it. */
export interface PassedOverColumn {
  column: string
  rows: number
}

/** What Shopify writes where nothing was chosen, by column in lower case; it is no loss. */
const defaults: Record<string, RegExp> = {
  'gift card': /^false$/i,
  'variant grams': /^0(?:\.0+)?$/,
  'weight value (grams)': /^0(?:\.0+)?$/,
  'variant weight unit': /^/,
  'weight unit for display': /^/,
  'variant fulfillment service': /^manual$/i,
  'fulfillment service': /^manual$/i,
  'variant requires shipping': /^true$/i,
  'requires shipping': /^true$/i,
  'variant taxable': /^true$/i,
  'charge tax': /^true$/i,
}

/** Counts what is passed over, such as tags, barcodes, weights, SEO texts, metafields and gift cards. */
export class PassedOver {
  readonly #columns: { index: number; name: string; isDefault: RegExp | undefined; rows: number }[]

  constructor(header: Header) {
    this.#columns = header.others.map(({ index, name }) => ({
      index,
      name,
      isDefault: defaults[name.toLowerCase()],
      rows: 0,
    }))
  }

  add(cells: string[]): void {
    for (const column of this.#columns) {
      const text = cells[column.index]?.trim() ?? ''
      if (text !== '' && column.isDefault?.test(text) !== true) column.rows += 1
    }
  }

  /** Columns with something in them, the fullest first. */
  columns(): PassedOverColumn[] {
    return this.#columns
      .filter(({ rows }) => rows > 0)
      .map(({ name, rows }) => ({ column: name, rows }))
      .toSorted((a, b) => b.rows - a.rows)
  }
}
