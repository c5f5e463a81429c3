import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/** History in Jepsen's sense: the requests and replies of all buyers, fsynced by a process that is never killed. */

/** Start of a request, written before it is sent. */
export interface Invocation {
  type: 'invoke'
  /** Unique within the history. */
  id: number
  /** The operation of the plan; its retries share the number. */
  op: number
  action: 'place' | 'pay' | 'cancel'
  /** Idempotency key, unique within its scope. */
  key: string | null
  scope: string
  cart: string | null
  order: string | null
  atMs: number
}

/**
 * End of a request, written before the reply is used. `ok`: took effect. `rejected`: a business answer, no effect.
 * `fail`: no effect. `info`: it is unknown whether the request took effect.
 */
export interface Completion {
  type: 'ok' | 'rejected' | 'fail' | 'info'
  id: number
  atMs: number
  /** Reason or code, for all but `ok`. */
  code?: string
  orderId?: string
  totalMinor?: number
  /** Digest of the whole reply: a replay gets the same bytes. */
  reply?: string
}

export type Entry = Invocation | Completion

/** A request with its completion. A request without one counts as `info`. */
export type Attempt = Omit<Invocation, 'type'> &
  Omit<Completion, 'type' | 'id' | 'atMs'> & { outcome: Completion['type']; endMs: number | null }

export interface HistoryWriter {
  nextId(): number
  /** Group commit: entries appended during an fsync share the next one. Resolves when the entry is on disk. */
  append(entry: Entry): Promise<void>
  close(): Promise<void>
}

export async function openHistory(file: string): Promise<HistoryWriter> {
  const handle = await open(file, 'a')
  let waiting: { line: string; done(): void }[] = []
  let flushing: Promise<void> | undefined
  let ids = 0

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await handle.write(batch.map(({ line }) => line).join(''))
      await handle.datasync()
      for (const { done } of batch) done()
    }
    flushing = undefined
  }

  return {
    nextId: () => (ids += 1),
    async append(entry) {
      const written = new Promise<void>((done) => waiting.push({ line: `${JSON.stringify(entry)}\n`, done }))
      flushing ??= flush()
      await written
    },
    async close() {
      await flushing
      await handle.close()
    },
  }
}

export async function readHistory(file: string): Promise<Attempt[]> {
  const attempts = new Map<number, Attempt>()
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const entry = JSON.parse(line) as Entry
    if (entry.type === 'invoke') {
      const { type: _, ...invocation } = entry
      attempts.set(entry.id, { ...invocation, outcome: 'info', endMs: null })
      continue
    }
    const attempt = attempts.get(entry.id)
    if (attempt === undefined) throw new Error(`the history completes request ${entry.id}, which was never invoked`)
    const { type, id: _, atMs, ...completion } = entry
    Object.assign(attempt, completion, { outcome: type, endMs: atMs })
  }
  return [...attempts.values()]
}
