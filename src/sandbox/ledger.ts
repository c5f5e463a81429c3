import { join } from 'node:path'
import { lockFolder } from './folder-lock.ts'
import { Idempotency, type IdempotencyRecord, type KeyedCall } from './idempotency.ts'
import { newId } from './ids.ts'
import { Journal, replayJournal, rewriteJournal } from './journal.ts'
import type {
  Answer,
  Charge,
  Dispute,
  ErrorBody,
  EventType,
  Intent,
  Outcome,
  PendingEvent,
  Refund,
  Transaction,
} from './model.ts'
import { ObjectStore } from './object-store.ts'
import { transactionsOfCharge, transactionsOfDispute, transactionsOfRefund } from './transactions.ts'

/** One line of the journal. A change is all that one execution did, so that a crash leaves all of it or nothing. */
type Entry =
  | {
      kind: 'change'
      atMs: number
      intent?: Intent
      charge?: Charge
      refund?: Refund
      dispute?: Dispute
      events?: { id: string; type: EventType }[]
      call?: KeyedCall
      status?: number
      error?: ErrorBody
      requestId?: string
    }
  | { kind: 'record'; record: IdempotencyRecord }
  | { kind: 'event'; event: PendingEvent }
  | { kind: 'done'; id: string }

type Change = Extract<Entry, { kind: 'change' }>

interface CommitContext {
  call: KeyedCall | null
  requestId: string
}

/** Journals that hold this many times what a fresh one would are rewritten at the start. */
const compactionRatio = 2

/** All that the provider knows, in memory, and on disk before anyone is told. One process at a time uses its folder. */
export class Ledger {
  readonly intents = new ObjectStore<Intent>()
  readonly charges = new ObjectStore<Charge>((charge) => charge.intent)
  readonly refunds = new ObjectStore<Refund>((refund) => refund.intent)
  readonly disputes = new ObjectStore<Dispute>((dispute) => dispute.intent)
  readonly transactions = new ObjectStore<Transaction>((transaction) => transaction.source)
  readonly idempotency = new Idempotency()
  /** Hears of events once they are durable; null where no webhook is wanted, and then none are kept. */
  onEvents: ((events: PendingEvent[]) => void) | null = null
  /** Webhooks that were not delivered when the process ended. */
  #undelivered = new Map<string, PendingEvent>()
  #byMetadata = new Map<string, string[]>()
  #journal: Journal | null = null
  #release: () => Promise<void>

  private constructor(release: () => Promise<void>) {
    this.#release = release
  }

  /** Rebuilds the state from the folder. Throws, saying what to do, where it is in use, damaged or cannot be written. */
  static async open(folder: string, onFailure: (error: Error) => void): Promise<Ledger> {
    const release = await lockFolder(folder)
    try {
      const ledger = new Ledger(release)
      const path = join(folder, 'journal.jsonl')
      const entries = await replayJournal(path, (entry) => ledger.#apply(upgraded(entry as Entry)))
      if (entries > ledger.#entriesNeeded() * compactionRatio) await rewriteJournal(path, ledger.#snapshot())
      ledger.#journal = await Journal.open(path, onFailure)
      return ledger
    } catch (error) {
      await release()
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      const remedy = 'Free space, mend the disk, or give another folder.'
      throw new Error(`The sandbox payment provider cannot use ${folder} (${code}). ${remedy}`, { cause: error })
    }
  }

  /** Applies an outcome and resolves once it is durable, with the answer. Rejects for good once the disk has failed. */
  async commit(outcome: Outcome, { call, requestId }: CommitContext): Promise<Answer> {
    const { charge, refund, dispute, intent, error, status } = outcome
    const wanted = this.onEvents ? outcome.events : []
    const events = wanted.map((type) => ({ id: newId('evt'), type }))
    const answer = answerOf(outcome)
    // Whatever changes something tells of it; without a key, a refusal leaves nothing to keep.
    if (!call && outcome.events.length === 0) return answer
    const change: Change = {
      kind: 'change',
      atMs: Date.now(),
      ...(intent && { intent }),
      ...(charge && { charge }),
      ...(refund && { refund }),
      ...(dispute && { dispute }),
      ...(events.length > 0 && { events }),
      ...(call && { call, status }),
      ...(call && error && { error }),
      requestId,
    }
    this.#put(change)
    await this.#journaled(change)
    // Only now: a replay must not be faster than the disk.
    if (call) this.idempotency.keep({ ...call, atMs: change.atMs, answer })
    if (events.length > 0) this.onEvents?.(eventsOf(change))
    return answer
  }

  /** An event that needs no more delivery. Not waited for: losing it means one more delivery. */
  eventDone(id: string): void {
    this.#journaled({ kind: 'done', id }).catch(() => {})
  }

  /** Hands over, once, the events that an earlier process could not deliver. */
  takeUndelivered(): PendingEvent[] {
    const events = [...this.#undelivered.values()]
    this.#undelivered.clear()
    return events
  }

  /** Newest first; the intents that carry this metadata. */
  withMetadata(key: string, value: string): Intent[] {
    const ids = this.#byMetadata.get(metadataKey(key, value)) ?? []
    return ids.flatMap((id) => this.intents.get(id) ?? []).toReversed()
  }

  /** Resolves once everything that could be read so far is durable. */
  async settled(): Promise<void> {
    await this.#journal?.settled()
  }

  async close(): Promise<void> {
    await this.#journal?.close()
    await this.#release()
  }

  async #journaled(entry: Entry): Promise<void> {
    if (!this.#journal) throw new Error('The ledger is not open.')
    await this.#journal.append(entry)
  }

  #apply(entry: Entry): void {
    switch (entry.kind) {
      case 'change':
        this.#put(entry)
        for (const event of eventsOf(entry)) this.#undelivered.set(event.id, event)
        if (entry.call && entry.status !== undefined) {
          this.idempotency.keep({
            ...entry.call,
            atMs: entry.atMs,
            answer: answerOf({ ...entry, status: entry.status }),
          })
        }
        return
      case 'record':
        return this.idempotency.keep(entry.record)
      case 'event':
        this.#undelivered.set(entry.event.id, entry.event)
        return
      case 'done':
        this.#undelivered.delete(entry.id)
    }
  }

  #put({ intent, charge, refund, dispute }: Pick<Change, 'intent' | 'charge' | 'refund' | 'dispute'>): void {
    if (intent) {
      if (!this.intents.get(intent.id)) this.#index(intent)
      this.intents.put(intent)
    }
    if (charge) {
      this.charges.put(charge)
      this.#book(transactionsOfCharge(charge))
    }
    if (refund) {
      this.refunds.put(refund)
      this.#book(transactionsOfRefund(refund))
    }
    if (dispute) {
      this.disputes.put(dispute)
      this.#book(transactionsOfDispute(dispute))
    }
  }

  /** What is on the books stays as it is. */
  #book(transactions: Transaction[]): void {
    for (const transaction of transactions) this.transactions.put(transaction)
  }

  #index(intent: Intent): void {
    for (const [key, value] of Object.entries(intent.metadata)) {
      const at = metadataKey(key, value)
      const ids = this.#byMetadata.get(at)
      if (ids) ids.push(intent.id)
      else this.#byMetadata.set(at, [intent.id])
    }
  }

  #entriesNeeded(): number {
    const kept = this.intents.size + this.charges.size + this.refunds.size + this.disputes.size
    return kept + this.idempotency.size + this.#undelivered.size
  }

  *#snapshot(): Generator<Entry> {
    // Balance transactions are made anew from what caused them, so that is told in the order in which it happened.
    const moments: [atMs: number, change: Change][] = []
    for (const intent of this.intents.all()) yield { kind: 'change', atMs: intent.createdAtMs, intent }
    for (const charge of this.charges.all()) {
      const atMs = charge.createdAtMs
      yield { kind: 'change', atMs, charge: { ...charge, capturedAtMs: null } }
      if (charge.capturedAtMs !== null) moments.push([charge.capturedAtMs, { kind: 'change', atMs, charge }])
    }
    for (const refund of this.refunds.all()) {
      const { createdAtMs: atMs, failedAtMs } = refund
      moments.push([atMs, { kind: 'change', atMs, refund: { ...refund, failedAtMs: null } }])
      if (failedAtMs !== null) moments.push([failedAtMs, { kind: 'change', atMs, refund }])
    }
    for (const dispute of this.disputes.all()) {
      const { createdAtMs: atMs, closedAtMs } = dispute
      moments.push([atMs, { kind: 'change', atMs, dispute: { ...dispute, closedAtMs: null } }])
      if (closedAtMs !== null) moments.push([closedAtMs, { kind: 'change', atMs, dispute }])
    }
    for (const [, change] of moments.toSorted(([a], [b]) => a - b)) yield change
    for (const record of this.idempotency.records()) yield { kind: 'record', record }
    for (const event of this.#undelivered.values()) yield { kind: 'event', event }
  }
}

function answerOf({ status, error, intent, charge, refund, dispute }: Answer): Answer {
  const subject = refund ? { refund } : dispute ? { dispute } : intent && { intent, ...(charge && { charge }) }
  return { status, ...(error && { error }), ...subject }
}

function eventsOf(change: Change): PendingEvent[] {
  const { events = [], call, requestId, atMs } = change
  return events.map(({ id, type }) => ({
    id,
    type,
    createdAtMs: atMs,
    ...subjectOf(type, change),
    requestId: requestId ?? null,
    idempotencyKey: call?.key ?? null,
  }))
}

function subjectOf(type: EventType, { intent, charge, refund, dispute }: Change): Partial<PendingEvent> {
  if (type.startsWith('payment_intent.')) return intent ? { intent } : {}
  if (type.startsWith('refund.')) return refund ? { refund } : {}
  if (type.startsWith('charge.dispute.')) return dispute ? { dispute } : {}
  return charge ? { charge } : {}
}

const undisputed = { isDisputed: false }
const arrived = { status: 'succeeded', failedAtMs: null } as const

/** Entries of version 0.1 know no disputes, and only refunds that have succeeded. */
function upgraded(entry: Entry): Entry {
  switch (entry.kind) {
    case 'change':
      return { ...entry, ...upgradedParts(entry) }
    case 'record':
      return {
        ...entry,
        record: { ...entry.record, answer: { ...entry.record.answer, ...upgradedParts(entry.record.answer) } },
      }
    case 'event':
      return { ...entry, event: { ...entry.event, ...upgradedParts(entry.event) } }
    case 'done':
      return entry
  }
}

function upgradedParts({ charge, refund }: Pick<Answer, 'charge' | 'refund'>): Pick<Answer, 'charge' | 'refund'> {
  return {
    ...(charge && { charge: { ...undisputed, ...charge } }),
    ...(refund && { refund: { ...arrived, ...refund } }),
  }
}

function metadataKey(key: string, value: string): string {
  return `${key}\0${value}`
}
