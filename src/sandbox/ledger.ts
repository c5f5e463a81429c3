import { join } from 'node:path'
import { lockFolder } from './folder-lock.ts'
import { Idempotency, type IdempotencyRecord, type KeyedCall } from './idempotency.ts'
import { newId } from './ids.ts'
import { Journal, replayJournal, rewriteJournal } from './journal.ts'
import type {
  ApiResponse,
  Charge,
  Dispute,
  ErrorBody,
  EventType,
  PaymentIntent,
  Outcome,
  PendingEvent,
  Refund,
  BalanceTransaction,
} from './model.ts'
import { ObjectStore } from './object-store.ts'
import {
  balanceTransactionsOfCharge,
  balanceTransactionsOfDispute,
  balanceTransactionsOfRefund,
} from './balance-transactions.ts'

/** One line of the journal. A change holds all effects of one execution, so a crash keeps all of them or none. */
type Entry =
  | {
      kind: 'change'
      atMs: number
      intent?: PaymentIntent
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

/** Ratio of entries in the journal to entries needed, above which the start rewrites it. */
const compactionRatio = 2

/** The provider's state, in memory, journaled to disk before any response shows it. One process at a time uses its folder. */
export class Ledger {
  readonly paymentIntents = new ObjectStore<PaymentIntent>()
  readonly charges = new ObjectStore<Charge>((charge) => charge.intent)
  readonly refunds = new ObjectStore<Refund>((refund) => refund.intent)
  readonly disputes = new ObjectStore<Dispute>((dispute) => dispute.intent)
  readonly balanceTransactions = new ObjectStore<BalanceTransaction>((transaction) => transaction.source)
  readonly idempotency = new Idempotency()
  /** Called with events once they are durable. Null without a webhook endpoint: then no events are kept. */
  onEvents: ((events: PendingEvent[]) => void) | null = null
  /** Events that an earlier process had not delivered when it ended. */
  #undelivered = new Map<string, PendingEvent>()
  #byMetadata = new Map<string, string[]>()
  #journal: Journal | null = null
  #release: () => Promise<void>

  private constructor(release: () => Promise<void>) {
    this.#release = release
  }

  /**
   * Rebuilds the state from the folder.
   * @throws when the folder is in use, damaged or not writable; the message says what to do.
   */
  static async open(folder: string, onFailure: (error: Error) => void): Promise<Ledger> {
    const release = await lockFolder(folder)
    try {
      const ledger = new Ledger(release)
      const path = join(folder, 'journal.jsonl')
      const entries = await replayJournal(path, (entry) => ledger.#apply(upgradeEntry(entry as Entry)))
      if (entries > ledger.#entriesNeeded() * compactionRatio) await rewriteJournal(path, ledger.#snapshot())
      ledger.#journal = await Journal.open(path, onFailure)
      return ledger
    } catch (error) {
      await release()
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      const remedy = 'Free space, repair the disk, or set another folder.'
      throw new Error(`The sandbox payment provider cannot use ${folder} (${code}). ${remedy}`, { cause: error })
    }
  }

  /** Applies an outcome and resolves with the response once it is durable. After a disk failure it rejects until the next start. */
  async commit(outcome: Outcome, { call, requestId }: CommitContext): Promise<ApiResponse> {
    const { charge, refund, dispute, intent, error, status } = outcome
    const types = this.onEvents ? outcome.events : []
    const events = types.map((type) => ({ id: newId('evt'), type }))
    const response = responseOf(outcome)
    // Every change emits an event. An outcome without events and without a key leaves nothing to keep.
    if (!call && outcome.events.length === 0) return response
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
    // Not before the write: a replay must not show a response that is not durable.
    if (call) this.idempotency.keep({ ...call, atMs: change.atMs, answer: response })
    if (events.length > 0) this.onEvents?.(eventsOf(change))
    return response
  }

  /** Records that an event needs no more delivery. Not awaited: a lost record costs one more delivery. */
  eventDone(id: string): void {
    this.#journaled({ kind: 'done', id }).catch(() => {})
  }

  /** Returns the events that an earlier process could not deliver, and forgets them. */
  takeUndelivered(): PendingEvent[] {
    const events = [...this.#undelivered.values()]
    this.#undelivered.clear()
    return events
  }

  /** The PaymentIntents with this metadata, newest first. */
  intentsWithMetadata(key: string, value: string): PaymentIntent[] {
    const ids = this.#byMetadata.get(metadataKey(key, value)) ?? []
    return ids.flatMap((id) => this.paymentIntents.get(id) ?? []).toReversed()
  }

  /** Resolves once all state readable so far is durable. */
  async flushed(): Promise<void> {
    await this.#journal?.flushed()
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
            answer: responseOf({ ...entry, status: entry.status }),
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
      if (!this.paymentIntents.get(intent.id)) this.#index(intent)
      this.paymentIntents.put(intent)
    }
    if (charge) {
      this.charges.put(charge)
      this.#book(balanceTransactionsOfCharge(charge))
    }
    if (refund) {
      this.refunds.put(refund)
      this.#book(balanceTransactionsOfRefund(refund))
    }
    if (dispute) {
      this.disputes.put(dispute)
      this.#book(balanceTransactionsOfDispute(dispute))
    }
  }

  /** Balance transactions are derived from their source and never change. */
  #book(transactions: BalanceTransaction[]): void {
    for (const transaction of transactions) this.balanceTransactions.put(transaction)
  }

  #index(intent: PaymentIntent): void {
    for (const [key, value] of Object.entries(intent.metadata)) {
      const at = metadataKey(key, value)
      const ids = this.#byMetadata.get(at)
      if (ids) ids.push(intent.id)
      else this.#byMetadata.set(at, [intent.id])
    }
  }

  #entriesNeeded(): number {
    const objects = this.paymentIntents.size + this.charges.size + this.refunds.size + this.disputes.size
    return objects + this.idempotency.size + this.#undelivered.size
  }

  *#snapshot(): Generator<Entry> {
    // Balance transactions are derived again from their sources, so the sources are written in chronological order.
    const moments: [atMs: number, change: Change][] = []
    for (const intent of this.paymentIntents.all()) yield { kind: 'change', atMs: intent.createdAtMs, intent }
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

function responseOf({ status, error, intent, charge, refund, dispute }: ApiResponse): ApiResponse {
  const object = refund ? { refund } : dispute ? { dispute } : intent && { intent, ...(charge && { charge }) }
  return { status, ...(error && { error }), ...object }
}

function eventsOf(change: Change): PendingEvent[] {
  const { events = [], call, requestId, atMs } = change
  return events.map(({ id, type }) => ({
    id,
    type,
    createdAtMs: atMs,
    ...eventObjectOf(type, change),
    requestId: requestId ?? null,
    idempotencyKey: call?.key ?? null,
  }))
}

function eventObjectOf(type: EventType, { intent, charge, refund, dispute }: Change): Partial<PendingEvent> {
  if (type.startsWith('payment_intent.')) return intent ? { intent } : {}
  if (type.startsWith('refund.')) return refund ? { refund } : {}
  if (type.startsWith('charge.dispute.')) return dispute ? { dispute } : {}
  return charge ? { charge } : {}
}

const chargeDefaults = { isDisputed: false }
const refundDefaults = { status: 'succeeded', failedAtMs: null } as const

/** Upgrades entries of release 0.1, which has no disputes and only refunds that have succeeded. */
function upgradeEntry(entry: Entry): Entry {
  switch (entry.kind) {
    case 'change':
      return { ...entry, ...upgradeObjects(entry) }
    case 'record':
      return {
        ...entry,
        record: { ...entry.record, answer: { ...entry.record.answer, ...upgradeObjects(entry.record.answer) } },
      }
    case 'event':
      return { ...entry, event: { ...entry.event, ...upgradeObjects(entry.event) } }
    case 'done':
      return entry
  }
}

function upgradeObjects({
  charge,
  refund,
}: Pick<ApiResponse, 'charge' | 'refund'>): Pick<ApiResponse, 'charge' | 'refund'> {
  return {
    ...(charge && { charge: { ...chargeDefaults, ...charge } }),
    ...(refund && { refund: { ...refundDefaults, ...refund } }),
  }
}

function metadataKey(key: string, value: string): string {
  return `${key}\0${value}`
}
