import { resolve } from 'node:path'
import { AppError } from '#errors'
import type { Locale } from '#schemas'
import type { BasicServices } from '#services'
import { validateProducts, type CheckedFile } from './product-validator.ts'
import { detectDialect, type Dialect } from './csv-dialect.ts'
import { openCsvFile, type CsvFile } from './csv-file.ts'
import { readCsvRows, type CsvRows } from './csv-rows.ts'
import { readProducts } from './product-reader.ts'
import { withImportLock } from './import.store.ts'
import { PassedOver, type PassedOverColumn } from './passed-over.ts'
import { Rejections, Warnings, type RowRejection } from './rejections.ts'
import { openRejectionsFile } from './rejections-file.ts'
import { writeProducts } from './product-writer.ts'

export interface ImportOptions {
  /** Path of a product CSV in Shopify's export format. */
  file: string
  /** ISO 4217 code of the prices in the file; must be a currency of the shop. */
  currency: string
  /** `reject`: any invalid row leaves the catalog unchanged. `skip`: products without invalid rows are imported. */
  onBadRow: 'reject' | 'skip'
  /** Language of the file's texts; guessed for each product if absent. */
  locale?: Locale
  /** Label of the file's encoding, such as `gb18030`; detected if absent. */
  encoding?: string
  /**
   * What happens to a quantity that differs from the stock of a known SKU. `keep` (default): the shop's stock, which has
   * moved with every order since the file was written. `set`: the file's quantity becomes what is available.
   */
  stock?: 'keep' | 'set'
  /** Checks the file and counts what would change, and writes nothing. */
  isDryRun?: boolean
  /** Path of a CSV file for all rejections; it is replaced. */
  rejectionsFile?: string
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

export interface ImportReport extends Omit<CheckedFile, 'products'> {
  /** Number of rows below the header. */
  rows: number
  products: { created: number; updated: number; unchanged: number; rejected: number }
  /** The first thousand rejections. Each rejects all rows of its product. */
  rejections: RowRejection[]
  rejectionsTotal: number
  /** The first thousand rows that look damaged but can be imported. */
  warnings: RowRejection[]
  warningsTotal: number
  /** Quantities that differ from the shop's stock: kept as they are, or set to those of the file. */
  quantitiesDiffering: number
  /** Columns with something in them that the import does not read. */
  passedOver: PassedOverColumn[]
  encoding: string
  separator: string
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
  const { currency, onBadRow, isDryRun = false, stock = 'keep' } = options
  requireCurrency(config.SHOP_CURRENCIES, currency)
  await using file = await openCsvFile(options.file, options.encoding)
  const dialect = await detectDialect(file)
  return await withImportLock(database, async (lockLost): Promise<ImportReport> => {
    const signal = options.signal === undefined ? lockLost : AbortSignal.any([lockLost, options.signal])
    const reading = { file, dialect, options, signal }
    const checking = await startStep('checking', reading)
    using rejectionsFile = rejectionsFileOf(options)
    const rejections = new Rejections((rejection) => rejectionsFile?.add(rejection))
    const warnings = new Warnings()
    const readOptions = {
      prices: { currency, hasDecimalComma: dialect.separator === ';' },
      locale: options.locale ?? null,
      doubtfulLocale: 'en' as Locale,
      reject: rejections.add,
      warn: warnings.add,
    }
    const checked = await validateProducts(readProducts(checking.csv, readOptions), {
      query: database.query,
      rejections,
      warnings,
      signal,
      skuColumn: checking.csv.header.nameOf('sku'),
    })
    checking.finish()
    let counts = { created: 0, updated: 0, unchanged: 0, quantitiesDiffering: 0 }
    if (rejections.total === 0 || onBadRow === 'skip') {
      await file.requireUnchanged()
      const writing = await startStep('writing', reading)
      const products = readProducts(writing.csv, {
        ...readOptions,
        // A name such as `Anker 737` has the language of the file that it is in.
        doubtfulLocale: checked.languages.zh > checked.products / 2 ? 'zh' : 'en',
        reject: () => {},
        warn: () => {},
      })
      const { header } = writing.csv
      counts = await writeProducts(products, { database, rejections, header, currency, file, stock, isDryRun, signal })
      writing.finish()
    }
    const { quantitiesDiffering, ...outcomes } = counts
    const { products: _, ...facts } = checked
    return {
      ...facts,
      rows: checking.rows(),
      products: { ...outcomes, rejected: rejections.products },
      rejections: rejections.listed,
      rejectionsTotal: rejections.total,
      warnings: warnings.listed,
      warningsTotal: warnings.total,
      quantitiesDiffering,
      passedOver: checking.passedOver(),
      encoding: file.encoding,
      separator: dialect.separator,
      seconds: Math.round(performance.now() - startedAt) / 1_000,
    }
  })
}

function requireCurrency(sold: string[], currency: string): void {
  if (sold.includes(currency)) return
  throw new AppError('unsupported_currency', {
    field: 'currency',
    message: `The shop does not sell in ${currency} but in ${sold.join(', ')}.`,
  })
}

function rejectionsFileOf({ file, rejectionsFile }: ImportOptions) {
  if (rejectionsFile === undefined) return null
  if (resolve(rejectionsFile) !== resolve(file)) return openRejectionsFile(rejectionsFile)
  throw new AppError('bad_input', {
    field: 'rejectionsFile',
    message: `${rejectionsFile} is the file to import. Name another file for the rejections. Nothing was imported.`,
  })
}

interface Step {
  csv: CsvRows
  rows(): number
  passedOver(): PassedOverColumn[]
  finish(): void
}

interface Reading {
  file: CsvFile
  dialect: Dialect
  options: ImportOptions
  signal: AbortSignal
}

const progressIntervalMs = 100

async function startStep(step: ImportProgress['step'], { file, dialect, options, signal }: Reading): Promise<Step> {
  const state = { step, bytesRead: 0, bytesTotal: file.sizeBytes, rows: 0 }
  let reportedAt = -Infinity
  const reportProgress = () => {
    if (performance.now() - reportedAt < progressIntervalMs) return
    reportedAt = performance.now()
    options.progress?.({ ...state })
  }
  const csv = await readCsvRows(file, {
    path: options.file,
    dialect,
    signal,
    onBytes: (count) => {
      state.bytesRead = count
    },
  })
  const passedOver = new PassedOver(csv.header)
  async function* counted() {
    for await (const row of csv.rows) {
      state.rows += 1
      passedOver.add(row.cells)
      reportProgress()
      yield row
    }
  }
  return {
    csv: { header: csv.header, rows: counted() },
    rows: () => state.rows,
    passedOver: () => passedOver.columns(),
    finish: () => options.progress?.({ ...state }),
  }
}
