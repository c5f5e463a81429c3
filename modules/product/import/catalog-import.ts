import { AppError } from '#errors'
import type { BasicServices } from '#services'
import { validateProducts } from './product-validator.ts'
import { openCsvFile, type CsvFile } from './csv-file.ts'
import { readCsvRows, type CsvRows } from './csv-rows.ts'
import { readProducts } from './product-reader.ts'
import { withImportLock } from './import.store.ts'
import type { Pricing } from './product-builder.ts'
import { Rejections, type RowRejection } from './rejections.ts'
import { writeProducts } from './product-writer.ts'

export interface ImportOptions {
  /** Path of a UTF-8 product CSV in Shopify's export format. */
  file: string
  /** ISO 4217 code of the prices in the file; must be a currency of the shop. */
  currency: string
  /** `reject`: any invalid row leaves the catalog unchanged. `skip`: products without invalid rows are imported. */
  onBadRow: 'reject' | 'skip'
  /** Called up to ten times a second, and at the end of each step. */
  progress?(state: ImportProgress): void
  /** Stops the import between two transactions; products written until then are kept, each complete. */
  signal?: AbortSignal
}

/** Progress of one step. The file is read twice: it is checked completely before the first product is written. */
export interface ImportProgress {
  step: 'checking' | 'writing'
  bytesRead: number
  bytesTotal: number
  rows: number
}

export interface ImportReport {
  /** Number of rows below the header. */
  rows: number
  products: { created: number; updated: number; unchanged: number; rejected: number }
  /** The first thousand rejections. Each rejects all rows of its product. */
  rejections: RowRejection[]
  rejectionsTotal: number
  /** Number of variants without a SKU in the file, for which one was generated from Handle and option values. */
  skusGenerated: number
  seconds: number
}

/**
 * Imports products from a CSV file. The Handle identifies a product, which is created, updated or, when equal, skipped;
 * importing the same file again therefore changes nothing, or finishes an interrupted import. The rows of one Handle are
 * one product, imported completely or not at all. Memory use is bounded; a file may have a million rows.
 * @throws AppError `bad_input` when the file is not a product CSV, `unsupported_currency`, or `in_flight` while another
 * import runs; nothing was written. `unavailable` while Postgres is; run the same command again.
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
  return await withImportLock(database, async (lockLost): Promise<ImportReport> => {
    const rejections = new Rejections()
    const signal = options.signal === undefined ? lockLost : AbortSignal.any([lockLost, options.signal])
    const reading = { file, options, pricing, signal }

    const checking = await startStep('checking', reading)
    const products = readProducts(checking.csv, { pricing, reject: rejections.add })
    const { skusGenerated } = await validateProducts(products, {
      query: database.query,
      rejections,
      signal,
      skuColumn: checking.csv.header.nameOf('sku'),
    })
    checking.finish()
    const counts = { created: 0, updated: 0, unchanged: 0 }
    if (rejections.total === 0 || onBadRow === 'skip') {
      await file.requireUnchanged()
      const writing = await startStep('writing', reading)
      const checkedProducts = readProducts(writing.csv, { pricing, reject: () => {} })
      Object.assign(
        counts,
        await writeProducts(checkedProducts, {
          database,
          rejections,
          header: writing.csv.header,
          currency,
          file,
          signal,
        }),
      )
      writing.finish()
    }
    return {
      rows: checking.rows(),
      products: { ...counts, rejected: rejections.products },
      rejections: rejections.listed,
      rejectionsTotal: rejections.total,
      skusGenerated,
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
  let reportedAt = -Infinity
  const reportProgress = () => {
    if (performance.now() - reportedAt < progressIntervalMs) return
    reportedAt = performance.now()
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
      reportProgress()
      yield row
    }
  }
  return {
    csv: { header: csv.header, rows: counted() },
    rows: () => state.rows,
    finish: () => options.progress?.({ ...state }),
  }
}
