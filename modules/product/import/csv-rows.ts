import { CsvError, parse } from 'csv-parse'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Dialect } from './csv-dialect.ts'
import type { CsvFile } from './csv-file.ts'
import { readHeader, type Header } from './csv-header.rules.ts'
import { fileError } from './file-error.ts'

/** One CSV record below the header. */
export interface Row {
  /** Line of the file on which it begins; quoted cells can contain line breaks. */
  line: number
  /** Line on which it ends. */
  lastLine: number
  cells: string[]
}

export interface CsvRows {
  header: Header
  rows: AsyncGenerator<Row>
}

/** Longest row, in characters. A longer one almost always has an unclosed quote; the limit also bounds memory. */
const rowCharactersMax = 1_000_000
/** Bounds the memory of the check, which indexes the Handles and SKUs of the whole file. */
const rowsMax = 1_000_000

interface RowsOptions {
  path: string
  dialect: Dialect
  onBytes(count: number): void
  signal?: AbortSignal | undefined
}

/**
 * Streams a file as a header and rows; empty rows are skipped.
 * @throws AppError `bad_input` that names the line with the CSV error; also while the rows are iterated.
 */
export async function readCsvRows(file: CsvFile, options: RowsOptions): Promise<CsvRows> {
  const records = readRecords(file, options)
  if (options.dialect.hasSeparatorLine) await records.next()
  const first = await records.next()
  if (first.done === true || isEmpty(first.value)) {
    await records.return(undefined)
    throw fileError('has no header: its first line must name the columns', { path: options.path })
  }
  return { header: readHeader(first.value.cells), rows: belowHeader(records, options.path) }
}

async function* belowHeader(records: AsyncGenerator<Row>, path: string): AsyncGenerator<Row> {
  let rows = 0
  for await (const row of records) {
    if (isEmpty(row)) continue
    rows += 1
    if (rows > rowsMax)
      throw fileError(`has more than ${rowsMax} rows; split it where a product begins, before line ${row.line}`, {
        path,
      })
    yield row
  }
}

const isEmpty = ({ cells }: Row): boolean => cells.every((cell) => cell.trim() === '')

async function* readRecords(file: CsvFile, { path, dialect, onBytes, signal }: RowsOptions): AsyncGenerator<Row> {
  // Lines are counted here because the parser counts a CRLF within quotes twice. `cast` runs at the end of each cell and
  // `on_record` at the end of each record, before the record is emitted, so the count is exact when the parser fails.
  let recordLine = 1
  let cellLine = 1
  const lineRanges: Pick<Row, 'line' | 'lastLine'>[] = []
  const parser = parse({
    delimiter: dialect.separator,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: rowCharactersMax,
    cast(cell) {
      cellLine += lineBreaksIn(cell)
      return cell
    },
    on_record(cells) {
      lineRanges.push({ line: recordLine, lastLine: cellLine })
      cellLine += 1
      recordLine = cellLine
      return cells
    },
  })
  const bytes = Readable.from(file.read({ onBytes, signal }), { objectMode: false })
  const piped = pipeline(bytes, parser)
  piped.catch(() => {})
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      const lineRange = lineRanges.shift()
      if (lineRange !== undefined) yield { ...lineRange, cells }
    }
  } catch (error) {
    throw error instanceof CsvError ? csvSyntaxError(error, { path, recordLine, cellLine }) : error
  } finally {
    // A consumer that stops early leaves the source open: it is ended here, before the file is read again or closed.
    parser.destroy()
    await piped.catch(() => {})
  }
}

function lineBreaksIn(cell: string): number {
  if (!cell.includes('\n') && !cell.includes('\r')) return 0
  return cell.match(/\r\n|\n|\r/g)?.length ?? 0
}

function csvSyntaxError(
  error: CsvError,
  { path, recordLine, cellLine }: { path: string; recordLine: number; cellLine: number },
) {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return fileError(`is broken: the quote that opens on line ${cellLine} is never closed`, { path, cause: error })
    case 'CSV_INVALID_CLOSING_QUOTE':
      return fileError(
        `is broken: the quote that opens on line ${cellLine} is not closed, or a quote within its text is not doubled`,
        { path, cause: error },
      )
    case 'INVALID_OPENING_QUOTE':
      return fileError(
        `is broken: a quote is in the middle of a cell on line ${cellLine}; quote the whole cell and double the quotes in it`,
        { path, cause: error },
      )
    case 'CSV_MAX_RECORD_SIZE':
      return fileError(
        `is broken: the row on line ${recordLine} is longer than ${rowCharactersMax} characters; most likely a quote on line ${cellLine} is not closed`,
        { path, cause: error },
      )
    default:
      return fileError(`cannot be read as CSV on line ${recordLine} (${error.code})`, { path, cause: error })
  }
}
