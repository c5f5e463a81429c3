import { isUtf8 } from 'node:buffer'
import { open, type FileHandle } from 'node:fs/promises'
import { AppError } from '#errors'

/** A file that stays open while it is read more than once. */
export interface CsvFile extends AsyncDisposable {
  sizeBytes: number
  /** The bytes from the beginning, without byte order mark. @throws AppError where they are not UTF-8 text. */
  read(options: { onBytes(count: number): void; signal?: AbortSignal | undefined }): AsyncGenerator<Buffer>
  /** @throws AppError when somebody has written to the file since it was opened. */
  requireUnchanged(): Promise<void>
}

/** @throws AppError `bad_input` that says what is wrong with the file and what to do. */
export async function openCsvFile(path: string): Promise<CsvFile> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw fileProblem(openProblems[error.code ?? ''] ?? `cannot be opened (${error.code ?? error.message})`, {
      path,
      cause: error,
    })
  })
  try {
    const stats = await handle.stat()
    if (stats.isDirectory()) throw fileProblem('is a folder; name the CSV file in it', { path })
    if (!stats.isFile())
      throw fileProblem('is not a regular file; it is read twice, so save it to disk first', { path })
    if (stats.size === 0) throw fileProblem('is empty (0 bytes); export it again', { path })
    return {
      sizeBytes: stats.size,
      read: (options) => readBytes(handle, { path, ...options }),
      async requireUnchanged() {
        const { size, mtimeMs } = await handle.stat()
        if (size !== stats.size || mtimeMs !== stats.mtimeMs) throw fileChanged(path)
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

export const fileProblem = (problem: string, { path, cause }: { path: string; cause?: unknown }) =>
  new AppError('bad_input', { field: 'file', message: `${path} ${problem}. Nothing was imported.`, cause })

const fileChanged = (path: string) =>
  new AppError('bad_input', {
    field: 'file',
    message: `${path} was changed while it was imported. Run the same command again.`,
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
  // A character may lie across two chunks: the last bytes of one are looked at again with the next.
  let tail = Buffer.alloc(0)
  for (;;) {
    signal?.throwIfAborted()
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position)
    const chunk = buffer.subarray(0, bytesRead)
    if (position === 0 && utf16Marks.some((mark) => chunk.subarray(0, 2).equals(mark))) {
      throw fileProblem('is UTF-16 text; save it as CSV UTF-8', { path })
    }
    try {
      decoder.decode(chunk, { stream: bytesRead > 0 })
    } catch (error) {
      const line = linesBefore + linesUntilInvalid(Buffer.concat([tail, chunk]))
      throw fileProblem(`is not UTF-8 text: line ${line} holds bytes of another encoding; save it as CSV UTF-8`, {
        path,
        cause: error,
      })
    }
    const zero = chunk.indexOf(0)
    if (zero >= 0) {
      const line = linesBefore + 1 + countLines(chunk.subarray(0, zero))
      throw fileProblem(`is not a text file: line ${line} holds a zero byte; save it as CSV UTF-8`, { path })
    }
    if (bytesRead === 0) return
    const isMarked = position === 0 && chunk.subarray(0, 3).equals(utf8Mark)
    yield isMarked ? chunk.subarray(3) : chunk
    position += bytesRead
    onBytes(position)
    linesBefore += countLines(chunk)
    tail = wholeCharacters(chunk.subarray(-3))
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines += 1
  return lines
}

/** Counts from 1 up to the first line that is not UTF-8; the last one when the text just ends too early. */
function linesUntilInvalid(bytes: Buffer): number {
  for (let line = 1, from = 0; ; line += 1) {
    const end = bytes.indexOf(newline, from)
    if (end < 0 || !isUtf8(bytes.subarray(from, end))) return line
    from = end + 1
  }
}

/** Without the newlines, which have been counted, and from the first byte that begins a character. */
function wholeCharacters(bytes: Buffer): Buffer<ArrayBuffer> {
  const begin = bytes.findIndex((byte, index) => (byte & 0xc0) === 0xc0 && index > bytes.lastIndexOf(newline))
  return begin < 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(begin))
}
