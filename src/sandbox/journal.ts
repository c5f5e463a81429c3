import { createReadStream } from 'node:fs'
import { open, rename, truncate, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Write-ahead journal with group commit: an append-only file of JSON lines. An entry is on disk before its promise resolves;
 * entries appended during one fsync share the next. A failed write is final, because memory is then ahead of the disk: every
 * later append rejects until the file is read again at the next start.
 */
export class Journal {
  readonly path: string
  #file: FileHandle
  #lines: string[] = []
  /** The batch that still accepts lines; null when no line is waiting. */
  #batch: Promise<void> | null = null
  #tail: Promise<void> = Promise.resolve()
  #failure: Error | null = null
  #onFailure: (error: Error) => void

  private constructor(path: string, file: FileHandle, onFailure: (error: Error) => void) {
    this.path = path
    this.#file = file
    this.#onFailure = onFailure
  }

  /** Opens the journal after `replayJournal`, or creates it. `onFailure` is called for the first failed write. */
  static async open(path: string, onFailure: (error: Error) => void): Promise<Journal> {
    const file = await open(path, 'a', 0o600)
    if ((await file.stat()).size === 0) {
      await file.appendFile(header)
      await file.datasync()
      await syncFolder(dirname(path))
    }
    return new Journal(path, file, onFailure)
  }

  append(entry: unknown): Promise<void> {
    this.#lines.push(JSON.stringify(entry))
    return (this.#batch ??= this.#startBatch())
  }

  /** Resolves once all entries appended so far are durable, so that a read never shows state that a crash can undo. */
  async flushed(): Promise<void> {
    await (this.#batch ?? this.#tail)
    if (this.#failure) throw this.#failure
  }

  async close(): Promise<void> {
    await this.flushed().catch(() => {})
    await this.#file.close()
  }

  #startBatch(): Promise<void> {
    const batch = this.#tail.then(() => this.#flush())
    this.#tail = batch.catch(() => {})
    return batch
  }

  async #flush(): Promise<void> {
    this.#batch = null
    const text = `${this.#lines.join('\n')}\n`
    this.#lines = []
    if (this.#failure) throw this.#failure
    try {
      await this.#file.appendFile(text)
      await this.#file.datasync()
    } catch (cause) {
      const remedy = 'Free space or repair the disk, then start the sandbox again.'
      this.#failure = new Error(`The sandbox cannot write its ledger ${this.path}. ${remedy}`, { cause })
      this.#onFailure(this.#failure)
      throw this.#failure
    }
  }
}

const header = `${JSON.stringify({ kind: 'header', version: 1 })}\n`

/**
 * Passes every entry to `apply`, oldest first, and truncates a last line that a crash left incomplete. Returns the number of
 * entries, 0 without a file. Throws when the file is damaged elsewhere or has another format version.
 */
export async function replayJournal(path: string, apply: (entry: unknown) => void): Promise<number> {
  let entries = -1
  let intactBytes = 0
  let tornAt: number | null = null
  for await (const { text, endBytes } of linesOf(path)) {
    const entry = parseLine(text)
    if (entry === undefined) {
      tornAt ??= intactBytes
      continue
    }
    if (tornAt !== null)
      throw new Error(`${path} is damaged at byte ${tornAt}. Move the folder away to start with an empty ledger.`)
    intactBytes = endBytes
    if (++entries === 0) checkHeader(path, entry)
    else apply(entry)
  }
  if (tornAt !== null) await truncate(path, tornAt)
  return Math.max(entries, 0)
}

/** Replaces the whole journal by `entries`, atomically. The journal must not be open. */
export async function rewriteJournal(path: string, entries: Iterable<unknown>): Promise<void> {
  const next = `${path}.next`
  const file = await open(next, 'w', 0o600)
  try {
    let text = header
    for (const entry of entries) {
      text += `${JSON.stringify(entry)}\n`
      if (text.length < 1_000_000) continue
      await file.appendFile(text)
      text = ''
    }
    await file.appendFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(next, path)
  await syncFolder(dirname(path))
}

async function* linesOf(path: string): AsyncGenerator<{ text: string | null; endBytes: number }> {
  let rest: Buffer = Buffer.alloc(0)
  let endBytes = 0
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1_000_000 })) {
      rest = Buffer.concat([rest, chunk as Buffer])
      let from = 0
      for (let to = rest.indexOf(10); to >= 0; to = rest.indexOf(10, from)) {
        endBytes += to + 1 - from
        yield { text: rest.toString('utf8', from, to), endBytes }
        from = to + 1
      }
      rest = rest.subarray(from)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  // A line without its line feed was never acknowledged, even if its JSON is complete.
  if (rest.length > 0) yield { text: null, endBytes: endBytes + rest.length }
}

function parseLine(text: string | null): unknown {
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function checkHeader(path: string, entry: unknown): void {
  const isKnown = typeof entry === 'object' && entry !== null && 'version' in entry && entry.version === 1
  if (!isKnown) throw new Error(`${path} was not written by this version of the sandbox. Set another folder.`)
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
