import { sql } from 'drizzle-orm'
import { transaction, type Database, type Queryable } from '#db'
import { AppError } from '#errors'
import { storeReplies, takeKeys, type IdempotencyKey } from './idempotency.ts'
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
 * One turn of many actors of one kind, in one transaction: take idempotency keys, lock the actors, read their mail,
 * load their states, lock what they share, decide one message after the other, write everything, commit.
 * Everybody locks in this order, and within a step in sorted order, so that turns do not deadlock.
 * @param lockWaitMs longest wait for each lock that somebody else holds
 * @throws when the transaction fails: then nothing of it took effect, or, with CommitUnknownError, all or nothing.
 */
export function runTurn(options: TurnOptions, errands: readonly Errand[], lockWaitMs: number): Promise<TurnResult> {
  const { kind } = options
  return transaction(options.database, async (tx) => {
    const now = await setOut(tx, lockWaitMs)
    const answers = new Map<Errand, Answer>()
    const keyed = await openKeys(tx, errands, answers)
    const isOpen = (errand: Errand): boolean => !answers.has(errand) && !keyed.followers.has(errand)
    const ids = [...new Set(errands.filter(isOpen).map(({ id }) => id))].toSorted()
    await kind.lock(tx, ids)
    await strikeLost(tx, errands, answers)
    const wakes = errands.filter((errand) => errand.form === 'wake')
    const woken = new Map(wakes.map(({ id, most }) => [id, { id, most }]))
    const letters = await readMail(tx, kind.kind, [...woken.values()])
    const states = await kind.load(tx, ids)
    const { items, unparsed } = parseItems(kind, letters, errands.filter(isOpen))
    const batch = items.map(({ id, message }) => ({ id, state: states.get(id), message }))
    const shared = await kind.share(tx, batch)
    const decided = decideAll(kind, { items, states, shared, now })
    await write(tx, options, decided)
    const failed = await failAll(tx, [...unparsed, ...decided.failed])
    for (const [errand, answer] of decided.answers) answers.set(errand, answer)
    await closeKeys(tx, keyed, answers)
    const parked = failed.filter(({ isParked }) => isParked).map(({ letter }) => letter.actorId)
    const handledBy = Map.groupBy(decided.handled, ({ actorId }) => actorId)
    const full = [...woken.values()].filter(({ id, most }) => handledBy.get(id)?.length === most).map(({ id }) => id)
    return { answers, woken: dueNow(decided.mail, now), unfinished: new Set([...full, ...parked]), failed }
  })
}

/** Everything that was decided, in bulk. */
async function write(tx: Queryable, { kind, versionOf }: TurnOptions, decided: Decided): Promise<void> {
  const { changed: states, movements, now } = decided
  if (states.size > 0 || movements.length > 0) await kind.save(tx, { states, movements, now })
  const done = [...decided.handled, ...decided.settled].map(({ id }) => id)
  await deleteMail(tx, done)
  await cancelMail(tx, kind.kind, decided.cancelled)
  const sent = decided.mail.map((mail) => ({ ...mail, version: versionOf(mail.kind) }))
  await sendMail(tx, sent)
}

/** @returns Postgres's clock at the start of the turn */
async function setOut(tx: Queryable, lockWaitMs: number): Promise<Date> {
  const { rows } = await tx.execute<{ nowMs: number }>(
    sql`select (extract(epoch from now()) * 1000)::float8 as "nowMs", set_config('lock_timeout', ${`${lockWaitMs}ms`}, true)`,
  )
  return new Date(rows[0]?.nowMs ?? Number.NaN)
}

interface Keyed {
  followers: Map<Errand, Errand>
  /** Hash by ask, of the keys that this turn has taken. */
  taken: Map<Errand, string>
}

const mismatch = (): Answer => ({ ok: false, error: new AppError('idempotency_mismatch', { field: 'idempotencyKey' }) })

/** Answers asks whose key is known; of several with one new key the first is handled and the others follow it. */
async function openKeys(tx: Queryable, errands: readonly Errand[], answers: Map<Errand, Answer>): Promise<Keyed> {
  const first = new Map<string, { errand: Errand; key: IdempotencyKey }>()
  const followers = new Map<Errand, Errand>()
  for (const errand of errands) {
    if (errand.form !== 'ask' || errand.key === undefined) continue
    const leader = first.get(errand.key.hash)
    if (leader === undefined) first.set(errand.key.hash, { errand, key: errand.key })
    else if (leader.key.fingerprint === errand.key.fingerprint) followers.set(errand, leader.errand)
    else answers.set(errand, mismatch())
  }
  const stored = await takeKeys(
    tx,
    [...first.values()].map(({ key }) => key),
  )
  const taken = new Map<Errand, string>()
  for (const [hash, { errand, key }] of first) {
    const known = stored.get(hash)
    if (known === undefined) taken.set(errand, hash)
    else answers.set(errand, known.fingerprint === key.fingerprint ? { ok: true, reply: known.reply } : mismatch())
  }
  return { followers, taken }
}

/** Stores the replies under the keys that were taken; a request that was refused by an error gives its key back. */
async function closeKeys(tx: Queryable, { taken, followers }: Keyed, answers: Map<Errand, Answer>): Promise<void> {
  const replies = new Map<string, unknown>()
  const givenBack: string[] = []
  for (const [errand, hash] of taken) {
    const answer = answers.get(errand)
    if (answer?.ok) replies.set(hash, answer.reply)
    else givenBack.push(hash)
  }
  await storeReplies(tx, replies, givenBack)
  for (const [follower, leader] of followers) {
    const answer = answers.get(leader)
    if (answer !== undefined) answers.set(follower, answer)
  }
}

/** Strikes out outcomes whose lease is lost: whoever holds it now brings its own. */
async function strikeLost(tx: Queryable, errands: readonly Errand[], answers: Map<Errand, Answer>): Promise<void> {
  const outcomes = errands.filter((errand) => errand.form === 'outcome')
  const held = await holdLeased(
    tx,
    outcomes.map(({ letterId, lease }) => ({ letterId, lease })),
  )
  for (const errand of outcomes) if (!held.has(errand.letterId)) answers.set(errand, { ok: true, reply: null })
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
