import { open, type FileHandle } from 'node:fs/promises'
import { TextDecoder } from 'node:util'
import { AppError } from '#errors'
import { fileError } from './file-error.ts'
import { countLines, detectEncoding } from './text-encoding.ts'

/** Text file that is kept open, to be read more than once. */
export interface CsvFile extends AsyncDisposable {
  sizeBytes: number
  /** Encoding of the file, such as `utf-8` or `gb18030`. */
  encoding: string
  /** Reads from the beginning, as UTF-8 without a byte order mark. @throws AppError `bad_input` for undecodable bytes. */
  read(options: { onBytes(count: number): void; signal?: AbortSignal | undefined }): AsyncGenerator<Buffer>
  /** @throws AppError `bad_input` when the file was modified after it was opened. */
  requireUnchanged(): Promise<void>
}

/**
 * Opens a regular, non-empty text file. Its encoding is detected, unless it is given.
 * @throws AppError `bad_input` with the problem and its remedy.
 */
export async function openCsvFile(path: string, encoding?: string): Promise<CsvFile> {
  if (encoding !== undefined) decoderOf(encoding)
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw fileError(openProblems[error.code ?? ''] ?? `cannot be opened (${error.code ?? error.message})`, {
      path,
      cause: error,
    })
  })
  try {
    const stats = await handle.stat()
    if (stats.isDirectory()) throw fileError('is a folder; name the CSV file in it', { path })
    if (!stats.isFile()) throw fileError('is not a regular file; it is read twice, so save it to disk first', { path })
    if (stats.size === 0) throw fileError('is empty (0 bytes); export it again', { path })
    await requireNoOtherFormat(handle, path)
    const label = encoding ?? (await detectEncoding(handle, path))
    return {
      sizeBytes: stats.size,
      encoding: label,
      read: (options) => readText(handle, { path, encoding: label, ...options }),
      async requireUnchanged() {
        const { size, mtimeMs } = await handle.stat()
        if (size !== stats.size || mtimeMs !== stats.mtimeMs) throw fileChangedError(path)
      },
      [Symbol.asyncDispose]: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

const openProblems: Record<string, string> = {
  ENOENT: 'does not exist; check the path',
  EACCES: 'may not be read by this user; change its permissions',
  EISDIR: 'is a folder; name the CSV file in it',
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch (error) {
    throw new AppError('bad_input', {
      field: 'encoding',
      message: `The encoding ${encoding} is unknown. Examples: utf-8, utf-16le, windows-1252, gb18030, big5, shift_jis.`,
      cause: error,
    })
  }
}

const fileChangedError = (path: string) =>
  new AppError('bad_input', {
    field: 'file',
    message: `${path} was modified during the import. Run the same command again.`,
  })

const spreadsheet = 'is a spreadsheet, whatever its name says; open it and save it as "CSV UTF-8"'
/** Other formats by their first bytes, as Latin-1 text. */
const signatures: [isSo: (head: string) => boolean, problem: string][] = [
  [(head) => isZip(head) && /\[Content_Types\]|xl\/|mimetypeapplication\/vnd\.oasis/.test(head), spreadsheet],
  [(head) => isZip(head), 'is a ZIP archive; unpack it and import the CSV file in it'],
  [(head) => head.startsWith('\u00d0\u00cf\u0011\u00e0'), spreadsheet],
  [(head) => head.startsWith('\u001f\u008b'), 'is compressed (gzip); unpack it first'],
  [(head) => head.startsWith('%PDF-'), 'is a PDF; export the products as CSV'],
  [
    (head) => /^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype|html|table|\?xml)/i.test(head),
    'is a web page or XML; export the products as CSV',
  ],
  [(head) => /^(?:\u00ef\u00bb\u00bf)?\s*[[{]\s*["{[\]}]/.test(head), 'is JSON; export the products as CSV'],
]

const isZip = (head: string): boolean => head.startsWith('PK\u0003\u0004')

async function requireNoOtherFormat(handle: FileHandle, path: string): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0)
  const head = buffer.subarray(0, bytesRead).toString('latin1')
  const problem = signatures.find(([isSo]) => isSo(head))?.[1]
  if (problem !== undefined) throw fileError(problem, { path })
}

const chunkBytes = 64 * 1024

interface ReadOptions {
  path: string
  encoding: string
  onBytes(count: number): void
  signal?: AbortSignal | undefined
}

async function* readText(handle: FileHandle, { path, encoding, onBytes, signal }: ReadOptions): AsyncGenerator<Buffer> {
  const decoder = decoderOf(encoding)
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let [position, line] = [0, 1]
  for (;;) {
    signal?.throwIfAborted()
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, position)
    const bytes = Buffer.from(decode(decoder, chunk.subarray(0, bytesRead), { path, encoding, line }))
    const zero = bytes.indexOf(0)
    if (zero >= 0) {
      const zeroLine = line + countLines(bytes.subarray(0, zero))
      throw fileError(`is not a text file: line ${zeroLine} holds a zero byte; save it as CSV UTF-8`, { path })
    }
    if (bytes.length > 0) yield bytes
    if (bytesRead === 0) return
    position += bytesRead
    onBytes(position)
    line += countLines(bytes)
  }
}

function decode(
  decoder: TextDecoder,
  chunk: Buffer,
  { path, encoding, line }: { path: string; encoding: string; line: number },
): string {
  try {
    return decoder.decode(chunk, { stream: chunk.length > 0 })
  } catch (error) {
    throw fileError(
      `is not ${encoding} text: bytes after line ${line} cannot be decoded; save it as CSV UTF-8, or name its encoding with --encoding`,
      { path, cause: error },
    )
  }
}
