import { isLockTimeout, statement, together, transaction, type Database, type Queryable } from '#db'
import { AppError } from '#errors'
import { readReplies, storeReplies, type IdempotencyKey, type StoredReply } from './idempotency.ts'
import type { AnyActorKind, Decision, Mail, Message } from './kind.ts'
import {
  cancelMail,
  deleteMail,
  dueNow,
  failMail,
  failureReason,
  holdLeased,
  readMail,
  sendMail,
  type Letter,
} from './mailbox.ts'

/** What a lane brings to a turn. */
export type Errand =
  /** A command from outside that waits for its reply. */
  | { readonly form: 'ask'; readonly id: string; readonly message: Message; readonly key?: IdempotencyKey }
  /** What an effect came to; void when the lease on the effect's letter is lost. */
  | {
      readonly form: 'outcome'
      readonly id: string
      readonly message: Message
      readonly letterId: number
      readonly lease: string
    }
  /** The actor has mail: handle `most` letters of it. */
  | { readonly form: 'wake'; readonly id: string; readonly most: number }

export type Answer = { ok: true; reply: unknown } | { ok: false; error: unknown }

interface Failed {
  letter: Letter
  error: unknown
}

export interface TurnResult {
  /** To asks and outcomes. */
  answers: Map<Errand, Answer>
  /** Who got mail that is due now. */
  woken: { kind: string; id: string }[]
  /** Woken actors that may have more to handle now. */
  unfinished: Set<string>
  /** Letters whose handling threw: each has spent an attempt, nothing else of it took effect. */
  failed: (Failed & { isParked: boolean })[]
}

export interface TurnOptions {
  database: Database
  kind: AnyActorKind
  /** The version that mail of this kind is written with. */
  versionOf(kind: string): number
}

/** Attempts at handling a letter before it is parked. */
export const attemptsMax = 8

/**
 * One turn of many actors of one kind, in one transaction: lock the actors, read their mail, their states and what was
 * answered under the same keys before, lock what they share, decide one message after the other, write everything.
 * Everybody locks in this order, and within a step in sorted order, so that turns do not deadlock. Statements that do
 * not need each other's answers are sent together: they run in the order written here all the same.
 * @param lockWaitMs longest wait for each lock that somebody else holds
 * @param isFirm locks what is shared before it is decided on: after a StaleError
 * @throws when the transaction fails: then nothing of it took effect, or, with CommitUnknownError, all or nothing.
 */
export function runTurn(
  options: TurnOptions,
  errands: readonly Errand[],
  { lockWaitMs, isFirm = false }: { lockWaitMs: number; isFirm?: boolean },
): Promise<TurnResult> {
  const { kind } = options
  return transaction(options.database, async (tx) => {
    const keyed = gatherKeys(errands)
    const ids = [...new Set(errands.map(({ id }) => id))].toSorted()
    const wakes = new Map(errands.flatMap((errand) => (errand.form === 'wake' ? [[errand.id, errand] as const] : [])))
    const outcomes = errands.filter((errand) => errand.form === 'outcome')
    const [now, , held, stored, letters, states] = await together([
      setOut(tx, lockWaitMs),
      kind.lock(tx, ids).catch(throwInFlight),
      holdLeased(tx, outcomes),
      readReplies(tx, [...keyed.leaders.keys()]),
      readMail(tx, kind.kind, [...wakes.values()]),
      kind.load(tx, ids),
    ])
    // Whoever holds a lost lease now brings its own outcome.
    const lost = outcomes.filter(({ letterId }) => !held.has(letterId))
    const answers = new Map<Errand, Answer>(lost.map((errand) => [errand, { ok: true, reply: null }]))
    answerKnown(keyed, stored, answers)
    const open = errands.filter((errand) => !answers.has(errand) && !keyed.followers.has(errand))
    const { items, unparsed } = parseItems(kind, letters, open)
    const batch = items.map(({ id, message }) => ({ id, state: states.get(id), message }))
    const shared = await kind.share(tx, batch, { isFirm })
    const decided = decideAll(kind, { items, states, shared, now })
    for (const [errand, answer] of decided.answers) answers.set(errand, answer)
    await write(tx, options, { decided, before: states, replies: repliesToStore(keyed, decided.answers) })
    const failed = await failAll(tx, [...unparsed, ...decided.failed])
    for (const [follower, leader] of keyed.followers) {
      const answer = answers.get(leader)
      if (answer !== undefined) answers.set(follower, answer)
    }
    const parked = failed.filter(({ isParked }) => isParked).map(({ letter }) => letter.actorId)
    const handledBy = Map.groupBy(decided.handled, ({ actorId }) => actorId)
    const full = [...wakes.values()].filter(({ id, most }) => handledBy.get(id)?.length === most).map(({ id }) => id)
    return { answers, woken: dueNow(decided.mail), unfinished: new Set([...full, ...parked]), failed }
  })
}

/** Another transaction holds one of the actors or keys: as far as one can tell it is handling the same request. */
export class InFlightError extends Error {
  override readonly name = 'InFlightError'
}

function throwInFlight(error: unknown): never {
  throw isLockTimeout(error)
    ? new InFlightError('another transaction holds the actor or its key', { cause: error })
    : error
}

/** @returns Postgres's clock at the start of the turn */
async function setOut(tx: Queryable, lockWaitMs: number): Promise<Date> {
  const { rows } = await readClock(tx, `${lockWaitMs}ms`)
  return new Date(rows[0]?.nowMs ?? Number.NaN)
}

const readClock = statement<{ nowMs: number }>(
  'set out',
  `select (extract(epoch from now()) * 1000)::float8 as "nowMs", set_config('lock_timeout', $1, true)`,
)

interface Writing {
  decided: Decided
  before: ReadonlyMap<string, unknown>
  replies: Parameters<typeof storeReplies>[1]
}

/** Everything that was decided, in bulk. Shared rows come last of all that is locked: `save` ends with them. */
async function write(tx: Queryable, { kind, versionOf }: TurnOptions, writing: Writing): Promise<void> {
  const { changed: states, movements, now, handled, settled, cancelled, mail } = writing.decided
  await together([
    deleteMail(
      tx,
      [...handled, ...settled].map(({ id }) => id),
    ),
    cancelMail(tx, kind.kind, cancelled),
    sendMail(
      tx,
      mail.map((one) => ({ ...one, version: versionOf(one.kind) })),
    ),
    storeReplies(tx, writing.replies).catch(throwInFlight),
    states.size > 0 || movements.length > 0
      ? kind.save(tx, { states, before: writing.before, movements, now })
      : undefined,
  ])
}

type KeyedAsk = Extract<Errand, { form: 'ask' }> & { key: IdempotencyKey }

/** Of several asks with one key the first is handled and the others follow it, or are mistaken. */
interface Keyed {
  leaders: Map<string, KeyedAsk>
  followers: Map<Errand, Errand>
  mistaken: Errand[]
}

const mismatch = (): Answer => ({ ok: false, error: new AppError('idempotency_mismatch', { field: 'idempotencyKey' }) })
const isKeyed = (errand: Errand): errand is KeyedAsk => errand.form === 'ask' && errand.key !== undefined

function gatherKeys(errands: readonly Errand[]): Keyed {
  const keyed: Keyed = { leaders: new Map(), followers: new Map(), mistaken: [] }
  for (const errand of errands) {
    if (!isKeyed(errand)) continue
    const leader = keyed.leaders.get(errand.key.hash)
    if (leader === undefined) keyed.leaders.set(errand.key.hash, errand)
    else if (leader.key.fingerprint === errand.key.fingerprint) keyed.followers.set(errand, leader)
    else keyed.mistaken.push(errand)
  }
  return keyed
}

/** Answers asks whose key was used before: as it was answered then, if it is the same request. */
function answerKnown({ leaders, mistaken }: Keyed, stored: Map<string, StoredReply>, answers: Map<Errand, Answer>) {
  for (const errand of mistaken) answers.set(errand, mismatch())
  for (const [hash, { fingerprint, reply }] of stored) {
    const leader = leaders.get(hash)
    if (leader === undefined) continue
    answers.set(leader, fingerprint === leader.key.fingerprint ? { ok: true, reply } : mismatch())
  }
}

/** A request that was refused by an error keeps its key: it can be tried again. */
function repliesToStore({ leaders }: Keyed, answers: Map<Errand, Answer>): Writing['replies'] {
  return [...leaders.values()].flatMap((errand) => {
    const answer = answers.get(errand)
    return answer?.ok === true ? [{ ...errand.key, reply: answer.reply }] : []
  })
}

interface Item {
  id: string
  message: Message
  source: { letter: Letter } | { errand: Errand }
}

/**
 * What is to be decided, in order: mail first, as it was sent first. A letter that was put off, or that this program
 * cannot read, holds back its actor's later ones.
 */
function parseItems(
  kind: AnyActorKind,
  letters: readonly Letter[],
  errands: readonly Errand[],
): { items: Item[]; unparsed: Failed[] } {
  const items: Item[] = []
  const unparsed: Failed[] = []
  const heldBack = new Set<string>()
  for (const letter of letters) {
    if (heldBack.has(letter.actorId)) continue
    const isReadable = letter.isDue && kind.reads.includes(letter.version)
    const parsed = isReadable ? kind.message.safeParse(letter.payload) : undefined
    if (parsed?.success) items.push({ id: letter.actorId, message: parsed.data, source: { letter } })
    else heldBack.add(letter.actorId)
    if (parsed?.success === false) unparsed.push({ letter, error: parsed.error })
  }
  for (const errand of errands) {
    if (errand.form !== 'wake') items.push({ id: errand.id, message: errand.message, source: { errand } })
  }
  return { items, unparsed }
}

interface Decided {
  now: Date
  answers: Map<Errand, Answer>
  changed: Map<string, unknown>
  movements: unknown[]
  mail: Mail[]
  cancelled: { id: string; types: readonly string[] }[]
  handled: Letter[]
  /** Letters of the effects whose outcomes were handled. */
  settled: { id: number }[]
  failed: Failed[]
}

/** Decides one message after the other, each on what the ones before it have left. What throws changes nothing. */
function decideAll(
  kind: AnyActorKind,
  input: { items: readonly Item[]; states: ReadonlyMap<string, unknown>; shared: unknown; now: Date },
): Decided {
  const lists = { movements: [], mail: [], cancelled: [], handled: [], settled: [], failed: [] }
  const decided: Decided = { now: input.now, answers: new Map(), changed: new Map(), ...lists }
  const heldBack = new Set<string>()
  let { shared } = input
  for (const { id, message, source } of input.items) {
    const letter = 'letter' in source ? source.letter : undefined
    if (letter !== undefined && heldBack.has(id)) continue
    if (letter !== undefined && decided.cancelled.some((one) => one.id === id && one.types.includes(message.type))) {
      decided.handled.push(letter)
      continue
    }
    let decision: Decision<unknown, unknown, unknown>
    try {
      const state = decided.changed.has(id) ? decided.changed.get(id) : input.states.get(id)
      decision = kind.decide(state, message, { id, now: input.now, shared })
    } catch (error) {
      if ('errand' in source) decided.answers.set(source.errand, { ok: false, error })
      else decided.failed.push({ letter: source.letter, error })
      if (letter !== undefined) heldBack.add(id)
      continue
    }
    if (decision.state !== undefined) decided.changed.set(id, decision.state)
    if (decision.movements !== undefined && decision.movements.length > 0) {
      decided.movements.push(...decision.movements)
      shared = kind.move(shared, decision.movements)
    }
    if (decision.cancelMail !== undefined) takeBack(decided, { kind: kind.kind, id, types: decision.cancelMail })
    decided.mail.push(...(decision.mail ?? []))
    if ('letter' in source) decided.handled.push(source.letter)
    else decided.answers.set(source.errand, { ok: true, reply: decision.reply ?? null })
    if ('errand' in source && source.errand.form === 'outcome') decided.settled.push({ id: source.errand.letterId })
  }
  return decided
}

/** Takes back what was sent before this turn, and what this turn has decided to send so far. */
function takeBack(decided: Decided, { kind, id, types }: { kind: string; id: string; types: readonly string[] }): void {
  decided.cancelled.push({ id, types })
  decided.mail = decided.mail.filter(
    (mail) => mail.kind !== kind || mail.id !== id || !types.includes(mail.message.type),
  )
}

async function failAll(tx: Queryable, failed: readonly Failed[]): Promise<TurnResult['failed']> {
  const marked: TurnResult['failed'] = []
  for (const { letter, error } of failed) {
    const isParked = await failMail(tx, { letterId: letter.id, reason: failureReason(error) }, attemptsMax)
    marked.push({ letter, error, isParked })
  }
  return marked
}
