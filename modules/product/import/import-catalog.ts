import { AppError } from '#errors'
import type { BasicServices } from '#services'
import { checkProducts } from './check-products.ts'
import { openCsvFile, type CsvFile } from './csv-file.ts'
import { readCsvRows, type CsvRows } from './csv-rows.ts'
import { gatherProducts } from './gather-products.ts'
import { alone } from './import.store.ts'
import type { Pricing } from './product-rows.ts'
import { Rejections, type RowRejection } from './rejections.ts'
import { writeProducts } from './write-products.ts'

export interface ImportOptions {
  /** Path of a product CSV as Shopify exports it, UTF-8. */
  file: string
  /** ISO 4217 code of the prices in the file; one that the shop sells in. */
  currency: string
  /** `refuse`: one bad row and the catalog stays as it was. `skip`: the products without bad rows are imported. */
  onBadRow: 'refuse' | 'skip'
  /** Called ten times a second at most, and at the end of each step. */
  progress?(state: ImportProgress): void
  /** Stops the import between two transactions: what was written stands, as whole products. */
  signal?: AbortSignal
}

/** The file is read twice: checked from end to end before the first product is written. Figures are those of the step. */
export interface ImportProgress {
  step: 'checking' | 'writing'
  bytesRead: number
  bytesTotal: number
  rows: number
}

export interface ImportReport {
  /** Below the header. */
  rows: number
  products: { created: number; updated: number; unchanged: number; refused: number }
  /** What is wrong with which row, the first thousand; each leaves out all rows of its product. */
  refused: RowRejection[]
  refusedTotal: number
  /** Variants for which the file has no SKU; they got one made of Handle and option values. */
  skusMade: number
  seconds: number
}

/**
 * Imports products from a CSV file: created by Handle, or updated, or left alone when nothing differs, so that the same
 * file again changes nothing and finishes what was interrupted. All rows of one Handle are one product, which is
 * imported whole or not at all. Memory does not grow with the file, which may have a million rows.
 * @throws AppError `bad_input` when the file cannot be read as a product CSV, `unsupported_currency`, `in_flight` while
 * another import runs: nothing was written. `unavailable` when Postgres stays away: run the same command again.
 */
export async function importCatalog(
  { config, database }: BasicServices,
  options: ImportOptions,
): Promise<ImportReport> {
  const startedAt = performance.now()
  const { currency, onBadRow } = options
  if (!config.SHOP_CURRENCIES.includes(currency)) {
    throw new AppError('unsupported_currency', {
      field: 'currency',
      message: `The shop does not sell in ${currency} but in ${config.SHOP_CURRENCIES.join(', ')}.`,
    })
  }
  const pricing = {
    currency,
    digits: new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2,
  }
  await using file = await openCsvFile(options.file)
  return await alone(database, async (lost) => {
    const refusals = new Rejections()
    const signal = options.signal === undefined ? lost : AbortSignal.any([lost, options.signal])
    const reading = { file, options, pricing, signal }

    const checking = await startStep('checking', reading)
    const products = gatherProducts(checking.csv, { pricing, refuse: refusals.add })
    const { skusMade } = await checkProducts(products, {
      query: database.query,
      refusals,
      signal,
      skuColumn: checking.csv.header.nameOf('sku'),
    })
    checking.finish()
    const report = { created: 0, updated: 0, unchanged: 0 }
    if (refusals.total === 0 || onBadRow === 'skip') {
      await file.requireUnchanged()
      const writing = await startStep('writing', reading)
      const again = gatherProducts(writing.csv, { pricing, refuse: () => {} })
      Object.assign(
        report,
        await writeProducts(again, { database, refusals, header: writing.csv.header, currency, file, signal }),
      )
      writing.finish()
    }
    return {
      rows: checking.rows(),
      products: { ...report, refused: refusals.products },
      refused: refusals.listed,
      refusedTotal: refusals.total,
      skusMade,
      seconds: Math.round(performance.now() - startedAt) / 1_000,
    }
  })
}

interface Step {
  csv: CsvRows
  rows(): number
  finish(): void
}

const progressIntervalMs = 100

async function startStep(
  step: ImportProgress['step'],
  { file, options, signal }: { file: CsvFile; options: ImportOptions; pricing: Pricing; signal: AbortSignal },
): Promise<Step> {
  const state = { step, bytesRead: 0, bytesTotal: file.sizeBytes, rows: 0 }
  let shownAt = -Infinity
  const show = () => {
    if (performance.now() - shownAt < progressIntervalMs) return
    shownAt = performance.now()
    options.progress?.({ ...state })
  }
  const csv = await readCsvRows(file, {
    path: options.file,
    signal,
    onBytes: (count) => {
      state.bytesRead = count
    },
  })
  async function* counted() {
    for await (const row of csv.rows) {
      state.rows += 1
      show()
      yield row
    }
  }
  return {
    csv: { header: csv.header, rows: counted() },
    rows: () => state.rows,
    finish: () => options.progress?.({ ...state }),
  }
}
