import type { Header } from './columns.ts'
import type { CsvRows, Row } from './csv-rows.ts'
import { ProductRows, type GatheredProduct, type Pricing } from './product-rows.ts'
import type { Reject } from './rejections.ts'

/**
 * Folds rows that follow each other with one Handle into products, one at a time. What is wrong with a row goes to
 * `refuse`, and its product comes with no draft.
 */
export async function* gatherProducts(
  { header, rows }: CsvRows,
  options: { pricing: Pricing; refuse: Reject },
): AsyncGenerator<GatheredProduct> {
  let product: ProductRows | null = null
  for await (const row of rows) {
    const handle = handleOf(header, row)
    if (product === null || !belongsTo(product, row, handle, header)) {
      if (product !== null) yield product.finish()
      product = new ProductRows({ header, first: row, handle, ...options })
    }
    product.add(row)
  }
  if (product !== null) yield product.finish()
}

/** Null where none can be read: with a cell too many or too few, only a Handle in the first column is surely one. */
const handleOf = (header: Header, row: Row): string | null =>
  row.cells.length === header.width || header.isFirst('handle') ? header.cell(row.cells, 'handle') || null : null

/** A row without Handle counts to the product above, which may lack it, unless it has a title of its own. */
const belongsTo = (product: ProductRows, row: Row, handle: string | null, header: Header): boolean =>
  handle === null
    ? row.cells.length !== header.width || header.cell(row.cells, 'title') === ''
    : handle === product.handle
