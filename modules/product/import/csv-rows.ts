import { CsvError, parse } from 'csv-parse'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileProblem, type CsvFile } from './csv-file.ts'
import { readHeader, type Header } from './columns.ts'

/** One record below the header. */
export interface Row {
  /** Line of the file on which it begins; quoted cells may hold line breaks. */
  line: number
  /** Line on which it ends. */
  lastLine: number
  cells: string[]
}

export interface CsvRows {
  header: Header
  rows: AsyncGenerator<Row>
}

/** A row much longer than any product's is a quote that was never closed; it also bounds what is held in memory. */
const rowCharactersMax = 1_000_000
/** Handles and SKUs of the whole file are remembered while it is checked. */
const rowsMax = 1_000_000

interface RowsOptions {
  path: string
  onBytes(count: number): void
  signal?: AbortSignal | undefined
}

/**
 * Reads a file as a header and rows, as a stream: rows that are empty are passed over.
 * @throws AppError `bad_input`, also while the rows are read, that names the line on which the file stops being a CSV.
 */
export async function readCsvRows(file: CsvFile, options: RowsOptions): Promise<CsvRows> {
  const records = readRecords(file, options)
  const first = await records.next()
  if (first.done === true || isEmpty(first.value)) {
    await records.return(undefined)
    throw fileProblem('has no header: its first line must name the columns', { path: options.path })
  }
  return { header: readHeader(first.value.cells), rows: belowHeader(records, options.path) }
}

async function* belowHeader(records: AsyncGenerator<Row>, path: string): AsyncGenerator<Row> {
  let rows = 0
  for await (const row of records) {
    if (isEmpty(row)) continue
    rows += 1
    if (rows > rowsMax)
      throw fileProblem(`has more than ${rowsMax} rows; split it where a product begins, before line ${row.line}`, {
        path,
      })
    yield row
  }
}

const isEmpty = ({ cells }: Row): boolean => cells.every((cell) => cell.trim() === '')

async function* readRecords(file: CsvFile, { path, onBytes, signal }: RowsOptions): AsyncGenerator<Row> {
  // Counted here: the parser counts a CRLF within quotes twice. `cast` sees each cell as it ends, `on_record` each
  // record, both before anything is passed on, so that they are exact when the parser gives up.
  let recordLine = 1
  let cellLine = 1
  const places: Pick<Row, 'line' | 'lastLine'>[] = []
  const parser = parse({
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: rowCharactersMax,
    cast(cell) {
      cellLine += lineBreaksIn(cell)
      return cell
    },
    on_record(cells) {
      places.push({ line: recordLine, lastLine: cellLine })
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
      const place = places.shift()
      if (place !== undefined) yield { ...place, cells }
    }
  } catch (error) {
    throw error instanceof CsvError ? csvProblem(error, { path, recordLine, cellLine }) : error
  } finally {
    // Whoever stops early leaves the source to be ended here, before the file is read again or closed.
    parser.destroy()
    await piped.catch(() => {})
  }
}

function lineBreaksIn(cell: string): number {
  if (!cell.includes('\n') && !cell.includes('\r')) return 0
  return cell.match(/\r\n|\n|\r/g)?.length ?? 0
}

function csvProblem(
  error: CsvError,
  { path, recordLine, cellLine }: { path: string; recordLine: number; cellLine: number },
) {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return fileProblem(`is broken: the quote that opens on line ${cellLine} is never closed`, { path, cause: error })
    case 'CSV_INVALID_CLOSING_QUOTE':
      return fileProblem(
        `is broken: the quote that opens on line ${cellLine} is not closed, or a quote within its text is not doubled`,
        { path, cause: error },
      )
    case 'INVALID_OPENING_QUOTE':
      return fileProblem(
        `is broken: a quote stands in the middle of a cell on line ${cellLine}; quote the whole cell and double the quotes in it`,
        { path, cause: error },
      )
    case 'CSV_MAX_RECORD_SIZE':
      return fileProblem(
        `is broken: the row on line ${recordLine} is longer than ${rowCharactersMax} characters; most likely a quote on line ${cellLine} is not closed`,
        { path, cause: error },
      )
    default:
      return fileProblem(`cannot be read as CSV on line ${recordLine} (${error.code})`, { path, cause: error })
  }
}
