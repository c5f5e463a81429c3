import { isUtf8 } from 'node:buffer'
import { open, type FileHandle } from 'node:fs/promises'
import { AppError } from '#errors'

/** UTF-8 file that is kept open, to be read more than once. */
export interface CsvFile extends AsyncDisposable {
  sizeBytes: number
  /** Reads from the beginning, without the byte order mark. @throws AppError `bad_input` when the bytes are not UTF-8. */
  read(options: { onBytes(count: number): void; signal?: AbortSignal | undefined }): AsyncGenerator<Buffer>
  /** @throws AppError `bad_input` when the file was modified after it was opened. */
  requireUnchanged(): Promise<void>
}

/**
 * Opens a regular, non-empty file.
 * @throws AppError `bad_input` with the problem and its remedy.
 */
export async function openCsvFile(path: string): Promise<CsvFile> {
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
    return {
      sizeBytes: stats.size,
      read: (options) => readBytes(handle, { path, ...options }),
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

/** AppError `bad_input` on field `file`; `problem` completes a sentence that begins with the path. */
export const fileError = (problem: string, { path, cause }: { path: string; cause?: unknown }) =>
  new AppError('bad_input', { field: 'file', message: `${path} ${problem}. Nothing was imported.`, cause })

const fileChangedError = (path: string) =>
  new AppError('bad_input', {
    field: 'file',
    message: `${path} was modified during the import. Run the same command again.`,
  })

const utf16Marks = [Buffer.of(0xff, 0xfe), Buffer.of(0xfe, 0xff)]
const utf8Mark = Buffer.of(0xef, 0xbb, 0xbf)
const newline = 0x0a
const chunkBytes = 64 * 1024

interface ReadOptions {
  path: string
  onBytes(count: number): void
  signal?: AbortSignal | undefined
}

async function* readBytes(handle: FileHandle, { path, onBytes, signal }: ReadOptions): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let position = 0
  let linesBefore = 0
  // A character may span two chunks, so the last bytes of a chunk are checked again with the next one.
  let tail = Buffer.alloc(0)
  for (;;) {
    signal?.throwIfAborted()
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position)
    const chunk = buffer.subarray(0, bytesRead)
    if (position === 0 && utf16Marks.some((mark) => chunk.subarray(0, 2).equals(mark))) {
      throw fileError('is UTF-16 text; save it as CSV UTF-8', { path })
    }
    try {
      decoder.decode(chunk, { stream: bytesRead > 0 })
    } catch (error) {
      const line = linesBefore + linesUntilInvalid(Buffer.concat([tail, chunk]))
      throw fileError(`is not UTF-8 text: line ${line} holds bytes of another encoding; save it as CSV UTF-8`, {
        path,
        cause: error,
      })
    }
    const zero = chunk.indexOf(0)
    if (zero >= 0) {
      const line = linesBefore + 1 + countLines(chunk.subarray(0, zero))
      throw fileError(`is not a text file: line ${line} holds a zero byte; save it as CSV UTF-8`, { path })
    }
    if (bytesRead === 0) return
    const isMarked = position === 0 && chunk.subarray(0, 3).equals(utf8Mark)
    yield isMarked ? chunk.subarray(3) : chunk
    position += bytesRead
    onBytes(position)
    linesBefore += countLines(chunk)
    tail = trailingCharacters(chunk.subarray(-3))
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines += 1
  return lines
}

/** Number of the first line that is not UTF-8, from 1; of the last line if the text ends within a character. */
function linesUntilInvalid(bytes: Buffer): number {
  for (let line = 1, from = 0; ; line += 1) {
    const end = bytes.indexOf(newline, from)
    if (end < 0 || !isUtf8(bytes.subarray(from, end))) return line
    from = end + 1
  }
}

/** Trailing bytes from the first start of a multi-byte character after the last newline; they may be incomplete. */
function trailingCharacters(bytes: Buffer): Buffer<ArrayBuffer> {
  const begin = bytes.findIndex((byte, index) => (byte & 0xc0) === 0xc0 && index > bytes.lastIndexOf(newline))
  return begin < 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(begin))
}
