import {
  failureReason,
  isLockTimeout,
  pipelined,
  plannedWithout,
  statement,
  transaction,
  type Database,
  type Queryable,
} from '#db'
import { readReplies, storeReplies, type RequestResult } from '#idempotency'
import { StaleError, type AnyActorKind, type Decision, type Envelope, type Message } from './kind.ts'
import * as mailbox from './mailbox.ts'
import { inTurnSpans, traced, type TurnSpans } from './message-spans.ts'
import { isKeyed, type WorkItem } from './work-item.ts'

interface Failed {
  stored: mailbox.StoredMessage
  error: unknown
}

export interface TurnResult {
  /** Of asks and outcomes. */
  answers: ReadonlyMap<WorkItem, RequestResult>
  /** Recipients of messages that are due now. */
  woken: { kind: string; id: string }[]
  /** Woken actors that may have more messages to handle now. */
  unfinished: ReadonlySet<string>
  /** Messages whose handler threw: each has spent an attempt and had no other effect. */
  failed: (Failed & { isDeadLettered: boolean })[]
}

export interface TurnOptions {
  database: Database
  kind: AnyActorKind
  /** The version with which messages of this kind are written. */
  versionOf(kind: string): number
}

export interface TurnLimits {
  /** Longest wait for a lock that another transaction holds, ms. */
  lockWaitMs: number
  /** Messages handled of each woken actor. */
  messagesMax: number
  /** Pessimistic: shared rows are locked before deciding. Set after a StaleError. */
  isLocked?: boolean
}

/** Attempts at handling a message before it is dead-lettered. */
const attemptsMax = 8

/**
 * Group commit: one turn of many actors of one kind, in one transaction. Lock the actors; read their messages, states
 * and the replies stored under the same keys; read the shared rows; decide one message after the other; write everything.
 * Every turn locks in this order (actors, keys, shared rows), and within a step in sorted order, so that turns cannot
 * deadlock. Statements that do not need each other's results are pipelined: they run in the order written here.
 * @throws when the transaction fails: nothing took effect or, with CommitUnknownError, either all or nothing
 */
export const runTurn = (options: TurnOptions, items: readonly WorkItem[], limits: TurnLimits): Promise<TurnResult> =>
  inTurnSpans(options.kind.kind, (spans) => runTransaction(options, items, { ...limits, spans }))

function runTransaction(
  { database, kind, versionOf }: TurnOptions,
  items: readonly WorkItem[],
  { lockWaitMs, messagesMax, isLocked = false, spans }: TurnLimits & { spans: TurnSpans | undefined },
): Promise<TurnResult> {
  return transaction(database, async (tx) => {
    const ids = [...new Set(items.map(({ id }) => id))].toSorted()
    const wokenIds = [...new Set(items.flatMap((item) => (item.type === 'wake' ? [item.id] : [])))]
    const outcomes = items.filter((item) => item.type === 'outcome')
    const keyed = items.filter(isKeyed)
    const [clock, , leased, replies, stored, states] = await pipelined([
      beginTurn(tx, `${lockWaitMs}ms`),
      kind.lock(tx, ids).catch(throwInFlight),
      mailbox.lockLeased(tx, outcomes),
      readReplies(
        tx,
        keyed.map(({ key }) => key),
      ),
      mailbox.readMessages(tx, kind.kind, { ids: wokenIds, limit: messagesMax }),
      kind.load(tx, ids),
    ])
    const now = new Date(clock.rows[0]?.nowMs ?? Number.NaN)
    const answers = new Map<WorkItem, RequestResult>()
    for (const item of keyed) {
      const reply = replies.get(item.key.hash)
      if (reply !== undefined) answers.set(item, reply)
    }
    // Fenced: the process that has taken over the lease brings an outcome of its own.
    for (const item of outcomes) if (!leased.has(item.messageId)) answers.set(item, { ok: true, reply: null })

    const open = items.filter((item) => !answers.has(item))
    const { deliveries, unreadable } = parseDeliveries(kind, stored, open)
    const batch = deliveries.map(({ id, message }) => ({ id, state: states.get(id), message }))
    const shared = await kind.loadShared(tx, batch, { isLocked })
    spans?.start(deliveries)
    const decided = decideAll(kind, deliveries, { states, shared, now, spans })

    const { changed, movements, handled, cancelled, outbox } = decided
    const handledIds = [...decided.handledEffects, ...handled.map(({ id }) => id)]
    const changes = { states: changed, before: states, movements, now }
    // Of all locks those on shared rows come last: `save` ends with them.
    const [, , , isStored] = await pipelined([
      mailbox.deleteMessages(tx, handledIds),
      mailbox.cancelMessages(tx, kind.kind, cancelled),
      mailbox.sendMessages(tx, outbox, versionOf),
      storeReplies(tx, repliesOf(decided.answers)).catch(throwInFlight),
      changed.size > 0 || movements.length > 0 ? kind.save(tx, changes) : undefined,
    ])
    if (!isStored) throw new StaleError('another transaction has stored a reply under a key of this turn')
    const failed = await failAll(tx, [...unreadable, ...decided.failed])
    const handledBy = Map.groupBy(handled, ({ actorId }) => actorId)
    const deadLettered = new Set(failed.flatMap((one) => (one.isDeadLettered ? [one.stored.actorId] : [])))
    return {
      answers: new Map([...answers, ...decided.answers]),
      woken: mailbox.recipientsDueNow(outbox),
      unfinished: new Set(wokenIds.filter((id) => handledBy.get(id)?.length === messagesMax || deadLettered.has(id))),
      failed,
    }
  })
}

/** A turn reads and writes by key only. A plan that scans a table, made while that table was small, is never right. */
const byKeyOnly = plannedWithout('seqscan', 'hashjoin', 'mergejoin')

const beginTurn = statement<{ nowMs: number }>(
  'begin turn',
  `select (extract(epoch from now()) * 1000)::float8 as "nowMs", set_config('lock_timeout', $1, true), ${byKeyOnly}`,
)

/** Another transaction holds an actor or a key of the turn: presumably it handles the same request. */
export class InFlightError extends Error {
  override readonly name = 'InFlightError'
}

function throwInFlight(cause: unknown): never {
  throw isLockTimeout(cause) ? new InFlightError('another transaction holds the actor or its key', { cause }) : cause
}

/** Replies to store. An ask that failed stores none: its key may be used again. */
const repliesOf = (answers: ReadonlyMap<WorkItem, RequestResult>) =>
  Array.from(answers).flatMap(([item, answer]) =>
    answer.ok && isKeyed(item) ? [{ ...item.key, reply: answer.reply }] : [],
  )

/** A message to decide on: from the mailbox, or brought by a work item. */
export type Delivery = { id: string; message: Message } & (
  | { stored: mailbox.StoredMessage; item?: never }
  | { item: Exclude<WorkItem, { type: 'wake' }>; stored?: never }
)

/**
 * Messages to decide on, in order: the mailbox first, oldest first, then work items. A message that is retried later,
 * or that this program cannot read, holds back its actor's later ones.
 */
function parseDeliveries(kind: AnyActorKind, messages: readonly mailbox.StoredMessage[], items: readonly WorkItem[]) {
  const deliveries: Delivery[] = []
  const unreadable: Failed[] = []
  const heldBack = new Set<string>()
  for (const stored of messages) {
    if (heldBack.has(stored.actorId)) continue
    const isReadable = stored.isDue && kind.reads.includes(stored.version)
    const parsed = isReadable ? kind.message.safeParse(stored.payload) : undefined
    if (parsed?.success) deliveries.push({ id: stored.actorId, message: parsed.data, stored })
    else heldBack.add(stored.actorId)
    if (parsed?.success === false) unreadable.push({ stored, error: parsed.error })
  }
  for (const item of items) {
    if (item.type !== 'wake') deliveries.push({ id: item.id, message: item.message, item })
  }
  return { deliveries, unreadable }
}

interface DecideAllContext {
  states: ReadonlyMap<string, unknown>
  shared: unknown
  now: Date
  spans: TurnSpans | undefined
}

/** Decides one message after the other, each on the state that the earlier ones have left. A decision that throws changes nothing. */
function decideAll(
  kind: AnyActorKind,
  deliveries: readonly Delivery[],
  { states, spans, ...context }: DecideAllContext,
) {
  const decided = {
    answers: new Map<WorkItem, RequestResult>(),
    changed: new Map<string, unknown>(),
    movements: new Array<unknown>(),
    outbox: new Array<Envelope>(),
    cancelled: new Array<{ id: string; types: readonly string[] }>(),
    handled: new Array<mailbox.StoredMessage>(),
    /** Ids of the messages of the effects whose outcomes were handled. */
    handledEffects: new Array<number>(),
    failed: new Array<Failed>(),
  }
  const heldBack = new Set<string>()
  for (const delivery of deliveries) {
    const { id, message, stored, item } = delivery
    if (stored !== undefined && heldBack.has(id)) continue
    if (stored !== undefined && decided.cancelled.some((one) => one.id === id && one.types.includes(message.type))) {
      decided.handled.push(stored)
      continue
    }
    let decision: Decision<unknown, unknown, unknown>
    try {
      const state = decided.changed.has(id) ? decided.changed.get(id) : states.get(id)
      decision = kind.decide(state, message, { id, ...context })
    } catch (error) {
      if (stored === undefined) decided.answers.set(item, { ok: false, error })
      else {
        decided.failed.push({ stored, error })
        heldBack.add(id)
      }
      continue
    }
    if (decision.state !== undefined) decided.changed.set(id, decision.state)
    if (decision.movements !== undefined && decision.movements.length > 0) {
      decided.movements.push(...decision.movements)
      kind.applyMovements(context.shared, decision.movements)
    }
    const { cancelMessages: types } = decision
    if (types !== undefined) {
      // Messages that are in the mailbox, and those that this turn has decided to send so far.
      decided.cancelled.push({ id, types })
      const isCancelled = (sent: Envelope) =>
        sent.kind === kind.kind && sent.id === id && types.includes(sent.message.type)
      decided.outbox = decided.outbox.filter((sent) => !isCancelled(sent))
    }
    decided.outbox.push(...traced(decision.outbox ?? [], spans?.traceparentOf(delivery)))
    if (stored === undefined) decided.answers.set(item, { ok: true, reply: decision.reply ?? null })
    else decided.handled.push(stored)
    if (item?.type === 'outcome') decided.handledEffects.push(item.messageId)
  }
  return decided
}

async function failAll(query: Queryable, failed: readonly Failed[]): Promise<TurnResult['failed']> {
  const marked: TurnResult['failed'] = []
  for (const { stored, error } of failed) {
    const failure = { messageId: stored.id, reason: failureReason(error) }
    marked.push({ stored, error, isDeadLettered: await mailbox.failMessage(query, failure, attemptsMax) })
  }
  return marked
}

/** Spends an attempt of the message whose turn failed alone. Nothing of its kind is called: that may be what fails. */
export async function failFirst({ database, kind }: TurnOptions, id: string, error: unknown) {
  const messages = await mailbox.readMessages(database.query, kind.kind, { ids: [id], limit: 1 })
  const due = messages.filter(({ isDue }) => isDue).map((stored) => ({ stored, error }))
  return failAll(database.query, due)
}
