import { parse } from 'csv-parse/sync'
import type { CsvFile } from './csv-file.ts'
import { countKnownColumns } from './csv-header.rules.ts'

/** Dialect of a CSV file. */
export interface Dialect {
  separator: string
  /** Whether the first line is Excel's `sep=;`, above the header. */
  hasSeparatorLine: boolean
}

const separators = [',', ';', '\t', '|']
/** A header is never longer, in characters. */
const headMax = 64 * 1024

/** The separator named in the first line, else the one that makes most known column names of the header. */
export async function detectDialect(file: CsvFile): Promise<Dialect> {
  const head = await readHead(file)
  const named = /^"?sep=([^\r\n"]|\t)"?\r?$/im.exec(head.split('\n', 1)[0] ?? '')?.[1]
  if (named !== undefined) return { separator: named, hasSeparatorLine: true }
  let best = { separator: ',', known: 0 }
  for (const separator of separators) {
    const known = countKnownColumns(headerCells(head, separator))
    if (known > best.known) best = { separator, known }
  }
  return { separator: best.separator, hasSeparatorLine: false }
}

async function readHead(file: CsvFile): Promise<string> {
  for await (const bytes of file.read({ onBytes: () => {} })) return bytes.toString('utf8').slice(0, headMax)
  return ''
}

/** Cells of the first row; none if it is broken with this separator. */
function headerCells(head: string, separator: string): string[] {
  try {
    const [cells = []] = parse(head, { to: 1, delimiter: separator, relax_column_count: true, skip_empty_lines: true })
    return cells
  } catch {
    return []
  }
}
