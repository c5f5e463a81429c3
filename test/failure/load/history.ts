import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/** What buyers asked and were answered, as a process that is never killed has written it down and fsynced it. */

/** One request: written before it is sent. */
export interface Invoked {
  type: 'invoke'
  /** Names the request in this history. */
  id: number
  op: number
  call: 'place' | 'pay' | 'cancel'
  /** The idempotency key and whose it is: the key means something within its scope alone. */
  key: string | null
  scope: string
  cart: string | null
  order: string | null
  atMs: number
}

/** Its answer: written before it counts. `info`: nobody knows whether it took effect. */
export interface Answered {
  type: 'ok' | 'refused' | 'fail' | 'info'
  id: number
  atMs: number
  /** Reason or code, for all but `ok`. */
  code?: string
  orderId?: string
  totalMinor?: number
  /** A digest of the whole reply: a replay is the same to the letter. */
  reply?: string
}

export type Entry = Invoked | Answered

/** A request with its answer; one that was never answered is `info`. */
export type Attempt = Omit<Invoked, 'type'> &
  Omit<Answered, 'type' | 'id' | 'atMs'> & { outcome: Answered['type']; endMs: number | null }

export interface HistoryWriter {
  nextId(): number
  /** Resolves when the entry is on disk. Entries of one moment share an fsync. */
  note(entry: Entry): Promise<void>
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
    async note(entry) {
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
      const { type: _, ...invoked } = entry
      attempts.set(entry.id, { ...invoked, outcome: 'info', endMs: null })
      continue
    }
    const attempt = attempts.get(entry.id)
    if (attempt === undefined) throw new Error(`the history answers request ${entry.id}, which it does not know`)
    const { type, id: _, atMs, ...answer } = entry
    Object.assign(attempt, answer, { outcome: type, endMs: atMs })
  }
  return [...attempts.values()]
}
