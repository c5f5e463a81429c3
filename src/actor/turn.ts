import { isLockTimeout, plannedWithout, statement, together, transaction, type Database, type Queryable } from '#db'
import { keyMismatch, readReplies, storeReplies, type IdempotencyKey, type StoredReply } from './idempotency.ts'
import type { AnyActorKind, Decision, Mail, Message } from './kind.ts'
import * as mailbox from './mailbox.ts'

/** What a lane brings to a turn. */
export type Errand =
  /** A command from outside that waits for its reply. Of several with one key a lane brings the first. */
  | { readonly form: 'ask'; readonly id: string; readonly message: Message; readonly key?: IdempotencyKey }
  /** What an effect came to; void when the lease on the effect's letter is lost. */
  | Readonly<{ form: 'outcome'; id: string; message: Message; letterId: number; lease: string }>
  /** The actor has mail. */
  | { readonly form: 'wake'; readonly id: string }

export type Answer = { ok: true; reply: unknown } | { ok: false; error: unknown }

interface Failed {
  letter: mailbox.Letter
  error: unknown
}

export interface TurnResult {
  /** To asks and outcomes. */
  answers: ReadonlyMap<Errand, Answer>
  /** Who got mail that is due now. */
  woken: { kind: string; id: string }[]
  /** Woken actors that may have more to handle now. */
  unfinished: ReadonlySet<string>
  /** Letters whose handling threw: each has spent an attempt, nothing else of it took effect. */
  failed: (Failed & { isParked: boolean })[]
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
  lettersMax: number
  /** Locks what is shared before it is decided on: after a StaleError. */
  isFirm?: boolean
}

/** Attempts at handling a letter before it is parked. */
export const attemptsMax = 8

/**
 * One turn of many actors of one kind, in one transaction: lock the actors, read their mail, their states and what was
 * answered under the same keys before, read what they share, decide one message after the other, write everything.
 * Everybody locks in this order (actors, keys, shared rows), and within a step in sorted order, so that turns do not
 * deadlock. Statements that do not need each other's answers are sent together: they run in the order written here.
 * @throws when the transaction fails: then nothing of it took effect, or, with CommitUnknownError, all or nothing.
 */
export function runTurn(
  options: TurnOptions,
  errands: readonly Errand[],
  { lockWaitMs, lettersMax, isFirm = false }: TurnLimits,
): Promise<TurnResult> {
  const { kind } = options
  return transaction(options.database, async (tx) => {
    const ids = [...new Set(errands.map(({ id }) => id))].toSorted()
    const wakes = [...new Set(errands.flatMap((errand) => (errand.form === 'wake' ? [errand.id] : [])))]
    const outcomes = errands.filter((errand) => errand.form === 'outcome')
    const keyed = errands.filter(isKeyed)
    const [now, , held, stored, letters, states] = await together([
      setOut(tx, lockWaitMs),
      kind.lock(tx, ids).catch(throwInFlight),
      mailbox.holdLeased(tx, outcomes),
      readReplies(
        tx,
        keyed.map(({ key }) => key.hash),
      ),
      mailbox.readMail(tx, kind.kind, { ids: wakes, most: lettersMax }),
      kind.load(tx, ids),
    ])
    const answers = answersKnown(keyed, stored)
    // Whoever holds a lost lease now brings its own outcome.
    for (const errand of outcomes) if (!held.has(errand.letterId)) answers.set(errand, { ok: true, reply: null })
    const { items, unparsed } = parseItems(
      kind,
      letters,
      errands.filter((errand) => !answers.has(errand)),
    )
    const batch = items.map(({ id, message }) => ({ id, state: states.get(id), message }))
    const shared = await kind.share(tx, batch, { isFirm })
    const decided = decideAll(kind, { items, states, shared, now })
    await write(tx, options, { decided, before: states, replies: repliesOf(keyed, decided.answers) })
    const failed = await failAll(tx, [...unparsed, ...decided.failed])
    for (const [errand, answer] of decided.answers) answers.set(errand, answer)
    const handledBy = Map.groupBy(decided.handled, ({ actorId }) => actorId)
    const parked = new Set(failed.filter(({ isParked }) => isParked).map(({ letter }) => letter.actorId))
    const unfinished = new Set(wakes.filter((id) => handledBy.get(id)?.length === lettersMax || parked.has(id)))
    return { answers, woken: mailbox.dueNow(decided.mail), unfinished, failed }
  })
}

/** @returns Postgres's clock at the start of the turn */
async function setOut(tx: Queryable, lockWaitMs: number): Promise<Date> {
  const { rows } = await readClock(tx, `${lockWaitMs}ms`)
  return new Date(rows[0]?.nowMs ?? Number.NaN)
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

type KeyedAsk = Extract<Errand, { form: 'ask' }> & { key: IdempotencyKey }
const isKeyed = (errand: Errand): errand is KeyedAsk => errand.form === 'ask' && errand.key !== undefined

/** Of asks whose key was used before: as it was answered then, if it is the same request. */
function answersKnown(keyed: readonly KeyedAsk[], stored: ReadonlyMap<string, StoredReply>): Map<Errand, Answer> {
  const answers = new Map<Errand, Answer>()
  for (const errand of keyed) {
    const known = stored.get(errand.key.hash)
    if (known === undefined) continue
    const isSame = known.fingerprint === errand.key.fingerprint
    answers.set(errand, isSame ? { ok: true, reply: known.reply } : { ok: false, error: keyMismatch() })
  }
  return answers
}

/** What is stored under the keys. A request that was refused by an error keeps its key: it can be tried again. */
const repliesOf = (keyed: readonly KeyedAsk[], answers: ReadonlyMap<Errand, Answer>) =>
  keyed.flatMap((errand) => {
    const answer = answers.get(errand)
    return answer?.ok === true ? [{ ...errand.key, reply: answer.reply }] : []
  })

interface Writing {
  decided: Decided
  before: ReadonlyMap<string, unknown>
  replies: ReturnType<typeof repliesOf>
}

/** Everything that was decided, in bulk. Shared rows come last of all that is locked: `save` ends with them. */
async function write(tx: Queryable, { kind, versionOf }: TurnOptions, writing: Writing): Promise<void> {
  const { changed: states, movements, now, handled, cancelled, mail } = writing.decided
  const isChanged = states.size > 0 || movements.length > 0
  await together([
    mailbox.deleteMail(tx, [...writing.decided.settled, ...handled.map(({ id }) => id)]),
    mailbox.cancelMail(tx, kind.kind, cancelled),
    mailbox.sendMail(tx, mail, versionOf),
    storeReplies(tx, writing.replies).catch(throwInFlight),
    isChanged ? kind.save(tx, { states, before: writing.before, movements, now }) : undefined,
  ])
}

interface Item {
  id: string
  message: Message
  source: { letter: mailbox.Letter } | { errand: Errand }
}

/**
 * What is to be decided, in order: mail first, as it was sent first. A letter that was put off, or that this program
 * cannot read, holds back its actor's later ones.
 */
function parseItems(kind: AnyActorKind, letters: readonly mailbox.Letter[], errands: readonly Errand[]) {
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
  handled: mailbox.Letter[]
  /** Letters of the effects whose outcomes were handled. */
  settled: number[]
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
  const { shared } = input
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
      kind.move(shared, decision.movements)
    }
    if (decision.cancelMail !== undefined) takeBack(decided, { kind: kind.kind, id, types: decision.cancelMail })
    decided.mail.push(...(decision.mail ?? []))
    if ('letter' in source) decided.handled.push(source.letter)
    else decided.answers.set(source.errand, { ok: true, reply: decision.reply ?? null })
    if ('errand' in source && source.errand.form === 'outcome') decided.settled.push(source.errand.letterId)
  }
  return decided
}

/** Takes back what was sent before this turn, and what this turn has decided to send so far. */
function takeBack(decided: Decided, { kind, id, types }: { kind: string; id: string; types: readonly string[] }): void {
  const isTaken = (mail: Mail): boolean => mail.kind === kind && mail.id === id && types.includes(mail.message.type)
  decided.cancelled.push({ id, types })
  decided.mail = decided.mail.filter((mail) => !isTaken(mail))
}

async function failAll(tx: Queryable, failed: readonly Failed[]): Promise<TurnResult['failed']> {
  const marked: TurnResult['failed'] = []
  for (const { letter, error } of failed) {
    const failure = { letterId: letter.id, reason: mailbox.failureReason(error) }
    marked.push({ letter, error, isParked: await mailbox.failMail(tx, failure, attemptsMax) })
  }
  return marked
}
