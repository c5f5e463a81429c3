import type { Header } from './csv-header.rules.ts'
import type { CsvRows, Row } from './csv-rows.ts'
import { ProductBuilder, type ParsedProduct, type ReadOptions } from './product-builder.ts'

/**
 * Streams products: consecutive rows with one Handle form a product. Each invalid row is passed to `reject`, and the
 * draft of its product is null.
 */
export async function* readProducts({ header, rows }: CsvRows, options: ReadOptions): AsyncGenerator<ParsedProduct> {
  let product: ProductBuilder | null = null
  for await (const row of rows) {
    const handle = handleOf(header, row)
    if (product === null || !belongsTo(product, row, handle, header)) {
      if (product !== null) yield product.build()
      product = new ProductBuilder({ header, first: row, handle }, options)
    }
    product.add(row)
  }
  if (product !== null) yield product.build()
}

/** Handle of a row, or null. In a row with too many cells, only a Handle in the first column is reliable. */
const handleOf = (header: Header, row: Row): string | null =>
  header.fits(row.cells) || header.isFirst('handle') ? header.cell(row.cells, 'handle') || null : null

/** A row without a Handle belongs to the product above, which may lack one too, unless the row has a title of its own. */
const belongsTo = (product: ProductBuilder, row: Row, handle: string | null, header: Header): boolean =>
  handle === null ? !header.fits(row.cells) || header.cell(row.cells, 'title') === '' : handle === product.handle
