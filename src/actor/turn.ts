import {
  failureReason,
  isLockTimeout,
  plannedWithout,
  statement,
  pipelined,
  transaction,
  type Database,
  type Queryable,
} from '#db'
import { readReplies, storeReplies, type Answer, type IdempotencyKey } from '#idempotency'
import { StaleError, type AnyActorKind, type Decision, type Envelope, type Message } from './kind.ts'
import * as mailbox from './mailbox.ts'

/** What a lane brings to a turn. */
export type WorkItem =
  /** A command from outside that waits for its reply. Of several with one key a lane brings the first. */
  | Readonly<{ form: 'ask'; id: string; message: Message; key?: IdempotencyKey | undefined }>
  /** What an effect came to; void when the lease on the effect's letter is lost. */
  | Readonly<{ form: 'outcome'; id: string; message: Message; letterId: number; lease: string }>
  /** The actor has mail. */
  | Readonly<{ form: 'wake'; id: string }>

interface Failed {
  letter: mailbox.StoredMessage
  error: unknown
}

export interface TurnResult {
  /** To asks and outcomes. */
  answers: ReadonlyMap<WorkItem, Answer>
  /** Who got mail that is due now. */
  woken: { kind: string; id: string }[]
  /** Woken actors that may have more to handle now. */
  unfinished: ReadonlySet<string>
  /** Letters whose handling threw: each has spent an attempt, nothing else of it took effect. */
  failed: (Failed & { isDeadLettered: boolean })[]
}

export interface TurnOptions {
  database: Database
  kind: AnyActorKind
  /** The version that mail of this kind is written with. */
  versionOf(kind: string): number
}

export interface TurnLimits {
  /** Longest wait for each lock that somebody else holds, ms. */
  lockWaitMs: number
  /** Letters handled of each actor that was woken. */
  messagesMax: number
  /** Locks what is shared before it is decided on: after a StaleError. */
  isFirm?: boolean
}

/** Attempts at handling a letter before it is parked. */
const attemptsMax = 8

/**
 * One turn of many actors of one kind, in one transaction: lock the actors, read their mail, their states and what was
 * answered under the same keys before, read what they share, decide one message after the other, write everything.
 * Everybody locks in this order (actors, keys, shared rows), and within a step in sorted order, so that turns do not
 * deadlock. Statements that do not need each other's answers are sent together: they run in the order written here.
 * @throws when the transaction fails: then nothing of it took effect, or, with CommitUnknownError, all or nothing.
 */
export function runTurn(
  { database, kind, versionOf }: TurnOptions,
  errands: readonly WorkItem[],
  { lockWaitMs, messagesMax: lettersMax, isFirm = false }: TurnLimits,
): Promise<TurnResult> {
  return transaction(database, async (tx) => {
    const ids = [...new Set(errands.map(({ id }) => id))].toSorted()
    const wakes = [...new Set(errands.flatMap((errand) => (errand.form === 'wake' ? [errand.id] : [])))]
    const outcomes = errands.filter((errand) => errand.form === 'outcome')
    const keyed = errands.filter(isKeyed)
    const keys = keyed.map(({ key }) => key)
    const [clock, , held, known, letters, states] = await pipelined([
      readClock(tx, `${lockWaitMs}ms`),
      kind.lock(tx, ids).catch(throwInFlight),
      mailbox.lockLeased(tx, outcomes),
      readReplies(tx, keys),
      mailbox.readMessages(tx, kind.kind, { ids: wakes, most: lettersMax }),
      kind.load(tx, ids),
    ])
    const now = new Date(clock.rows[0]?.nowMs ?? Number.NaN)
    const answers = new Map<WorkItem, Answer>()
    for (const errand of keyed) {
      const answer = known.get(errand.key.hash)
      if (answer !== undefined) answers.set(errand, answer)
    }
    // Whoever holds a lost lease now brings its own outcome.
    for (const errand of outcomes) if (!held.has(errand.letterId)) answers.set(errand, { ok: true, reply: null })

    const open = errands.filter((errand) => !answers.has(errand))
    const { items, unreadable } = parseItems(kind, letters, open)
    const batch = items.map(({ id, message }) => ({ id, state: states.get(id), message }))
    const shared = await kind.loadShared(tx, batch, { isLocked: isFirm })
    const decided = decideAll(kind, items, { states, shared, now })

    const { changed, movements, handled, cancelled, mail } = decided
    const settled = [...decided.settled, ...handled.map(({ id }) => id)]
    const replies = repliesOf(decided.answers)
    const changes = { states: changed, before: states, movements, now }
    // Shared rows come last of all that is locked: `save` ends with them.
    const [, , , isStored] = await pipelined([
      mailbox.deleteMessages(tx, settled),
      mailbox.cancelMessages(tx, kind.kind, cancelled),
      mailbox.sendMessages(tx, mail, versionOf),
      storeReplies(tx, replies).catch(throwInFlight),
      changed.size > 0 || movements.length > 0 ? kind.save(tx, changes) : undefined,
    ])
    if (!isStored) throw new StaleError('another transaction has used a key of this turn: its reply will be there')
    const failed = await failAll(tx, [...unreadable, ...decided.failed])
    const handledBy = Map.groupBy(handled, ({ actorId }) => actorId)
    const parked = new Set(
      failed.filter(({ isDeadLettered: isParked }) => isParked).map(({ letter }) => letter.actorId),
    )
    return {
      answers: new Map([...answers, ...decided.answers]),
      woken: mailbox.recipientsDueNow(mail),
      unfinished: new Set(wakes.filter((id) => handledBy.get(id)?.length === lettersMax || parked.has(id))),
      failed,
    }
  })
}

/** All that a turn reads and writes it finds by key: a plan that reads a whole table, made while that was small, is never right. */
const byKeyAlone = plannedWithout('seqscan', 'hashjoin', 'mergejoin')

const readClock = statement<{ nowMs: number }>(
  'set out',
  `select (extract(epoch from now()) * 1000)::float8 as "nowMs", set_config('lock_timeout', $1, true), ${byKeyAlone}`,
)

/** Another transaction holds one of the actors or keys: as far as one can tell it is handling the same request. */
export class InFlightError extends Error {
  override readonly name = 'InFlightError'
}

function throwInFlight(cause: unknown): never {
  throw isLockTimeout(cause) ? new InFlightError('another transaction holds the actor or its key', { cause }) : cause
}

type KeyedAsk = Extract<WorkItem, { form: 'ask' }> & { key: IdempotencyKey }
const isKeyed = (errand: WorkItem): errand is KeyedAsk => errand.form === 'ask' && errand.key !== undefined

/** What is stored under the keys. A request that was refused by an error keeps its key: it can be tried again. */
const repliesOf = (answers: ReadonlyMap<WorkItem, Answer>) =>
  Array.from(answers).flatMap(([errand, answer]) =>
    answer.ok && isKeyed(errand) ? [{ ...errand.key, reply: answer.reply }] : [],
  )

/** A letter or an errand. */
type Item = { id: string; message: Message } & (
  | { letter: mailbox.StoredMessage; errand?: never }
  | { errand: WorkItem; letter?: never }
)

/**
 * What is to be decided, in order: mail first, as it was sent first. A letter that was put off, or that this program
 * cannot read, holds back its actor's later ones.
 */
function parseItems(kind: AnyActorKind, letters: readonly mailbox.StoredMessage[], errands: readonly WorkItem[]) {
  const items: Item[] = []
  const unreadable: Failed[] = []
  const heldBack = new Set<string>()
  for (const letter of letters) {
    if (heldBack.has(letter.actorId)) continue
    const isReadable = letter.isDue && kind.reads.includes(letter.version)
    const parsed = isReadable ? kind.message.safeParse(letter.payload) : undefined
    if (parsed?.success) items.push({ id: letter.actorId, message: parsed.data, letter })
    else heldBack.add(letter.actorId)
    if (parsed?.success === false) unreadable.push({ letter, error: parsed.error })
  }
  for (const errand of errands) {
    if (errand.form !== 'wake') items.push({ id: errand.id, message: errand.message, errand })
  }
  return { items, unreadable }
}

/** Decides one message after the other, each on what the ones before it have left. What throws changes nothing. */
function decideAll(
  kind: AnyActorKind,
  items: readonly Item[],
  { states, ...context }: { states: ReadonlyMap<string, unknown>; shared: unknown; now: Date },
) {
  const decided = {
    answers: new Map<WorkItem, Answer>(),
    changed: new Map<string, unknown>(),
    movements: new Array<unknown>(),
    mail: new Array<Envelope>(),
    cancelled: new Array<{ id: string; types: readonly string[] }>(),
    handled: new Array<mailbox.StoredMessage>(),
    /** Letters of the effects whose outcomes were handled. */
    settled: new Array<number>(),
    failed: new Array<Failed>(),
  }
  const heldBack = new Set<string>()
  for (const { id, message, letter, errand } of items) {
    if (letter !== undefined && heldBack.has(id)) continue
    if (letter !== undefined && decided.cancelled.some((one) => one.id === id && one.types.includes(message.type))) {
      decided.handled.push(letter)
      continue
    }
    let decision: Decision<unknown, unknown, unknown>
    try {
      const state = decided.changed.has(id) ? decided.changed.get(id) : states.get(id)
      decision = kind.decide(state, message, { id, ...context })
    } catch (error) {
      if (letter === undefined) decided.answers.set(errand, { ok: false, error })
      else {
        decided.failed.push({ letter, error })
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
      // What was sent before this turn, and what this turn has decided to send so far.
      decided.cancelled.push({ id, types })
      const isTaken = (mail: Envelope) => mail.kind === kind.kind && mail.id === id && types.includes(mail.message.type)
      decided.mail = decided.mail.filter((mail) => !isTaken(mail))
    }
    decided.mail.push(...(decision.outbox ?? []))
    if (letter === undefined) decided.answers.set(errand, { ok: true, reply: decision.reply ?? null })
    else decided.handled.push(letter)
    if (errand?.form === 'outcome') decided.settled.push(errand.letterId)
  }
  return decided
}

async function failAll(query: Queryable, failed: readonly Failed[]): Promise<TurnResult['failed']> {
  const marked: TurnResult['failed'] = []
  for (const { letter, error } of failed) {
    const failure = { letterId: letter.id, reason: failureReason(error) }
    marked.push({ letter, error, isDeadLettered: await mailbox.failMessage(query, failure, attemptsMax) })
  }
  return marked
}

/** The letter whose turn failed alone spends an attempt. Nothing of its kind is asked: that may be what fails. */
export async function failFirst({ database, kind }: TurnOptions, id: string, error: unknown) {
  const letters = await mailbox.readMessages(database.query, kind.kind, { ids: [id], most: 1 })
  const due = letters.filter(({ isDue }) => isDue).map((letter) => ({ letter, error }))
  return failAll(database.query, due)
}
