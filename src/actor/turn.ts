import { sql } from 'drizzle-orm'
import { transaction, type Database, type Queryable } from '#db'
import { AppError } from '#errors'
import { storeReplies, takeKeys, type IdempotencyKey } from './idempotency.ts'
import type { AnyActorKind, Decision, Mail, Message } from './kind.ts'
import { cancelMail, deleteLeased, deleteMail, lettersMax, readMail, sendMail, type Letter, type Outgoing } from './mailbox.ts'

/** What a lane brings to a turn. */
export type Errand =
  /** A command from outside that waits for its reply. */
  | { readonly form: 'ask'; readonly id: string; readonly message: Message; readonly key?: IdempotencyKey }
  /** What an effect came to; void when the lease on the effect's letter is lost. */
  | { readonly form: 'outcome'; readonly id: string; readonly message: Message; readonly letterId: number; readonly lease: string }
  /** The actor has mail. `oneLetter`: handle the first alone, to find out which one fails. */
  | { readonly form: 'wake'; readonly id: string; readonly oneLetter?: boolean }

export type Answer = { ok: true; reply: unknown } | { ok: false; error: unknown }

export interface TurnResult {
  answers: Map<Errand, Answer>
  /** Who got mail that is due now. */
  woken: { kind: string; id: string }[]
  /** Letters whose handling threw: nothing of them took effect. */
  failed: { letter: Letter; error: unknown }[]
  /** Letters of a version that this program does not read. */
  unknown: Letter[]
}

export interface TurnOptions {
  database: Database
  kind: AnyActorKind
  /** The version that mail of this kind is written with. */
  versionOf(kind: string): number
}

/**
 * One turn of many actors of one kind, in one transaction: take idempotency keys, lock the actors, read their mail,
 * load their states, lock what they share, decide one message after the other, write everything, commit.
 * Everybody locks in this order, and within a step in sorted order, so that turns do not deadlock.
 * @throws when the transaction fails: then nothing of it took effect, or, with CommitUnknownError, all or nothing.
 */
export function runTurn(options: TurnOptions, errands: readonly Errand[]): Promise<TurnResult> {
  return transaction(options.database, async (tx) => {
    const turn = new Map<Errand, Answer>()
    const keyed = await openKeys(tx, errands, turn)
    const ids = [...new Set(errands.filter((errand) => !turn.has(errand) && !keyed.followers.has(errand)).map(({ id }) => id))].toSorted()
    const { kind } = options
    await kind.lock(tx, ids)
    const mail = await collectMail(tx, kind, { errands, answers: turn })
    const states = await kind.load(tx, ids)
    const work = parseWork(kind, { errands, answers: turn, followers: keyed.followers, letters: mail.letters })
    const shared = await kind.share(tx, work.items.map(({ id, message }) => ({ id, state: states.get(id), message })))
    const now = await clock(tx)
    const decided = decideAll(kind, { items: work.items, states, shared, now })
    for (const [errand, answer] of decided.answers) turn.set(errand, answer)

    if (decided.changed.size > 0 || decided.movements.length > 0) {
      await kind.save(tx, { states: decided.changed, movements: decided.movements, now })
    }
    await deleteMail(tx, decided.handled)
    await cancelMail(tx, kind.kind, decided.cancelled)
    await sendMail(tx, decided.mail.map((letter): Outgoing => ({ ...letter, version: options.versionOf(letter.kind) })))
    await closeKeys(tx, turn, keyed.taken)
    answerFollowers(keyed.followers, turn)
    for (const errand of errands) if (!turn.has(errand)) turn.set(errand, { ok: true, reply: undefined })
    return {
      answers: turn,
      woken: [
        ...decided.mail.filter(({ dueAt }) => dueAt === undefined || dueAt <= now).map(({ kind: to, id }) => ({ kind: to, id })),
        ...[...mail.unread].map((id) => ({ kind: kind.kind, id })),
      ],
      failed: [...work.failed, ...decided.failed],
      unknown: work.unknown,
    }
  })
}

async function clock(tx: Queryable): Promise<Date> {
  const { rows } = await tx.execute<{ now: string }>(sql`select now() as now`)
  return new Date(rows[0]?.now ?? Number.NaN)
}

interface Keyed {
  followers: Map<Errand, Errand>
  /** Hash by ask, of the keys that this turn has taken. */
  taken: Map<Errand, string>
}

/** Answers asks whose key is known; of several with one new key the first is handled and the others follow it. */
async function openKeys(tx: Queryable, errands: readonly Errand[], answers: Map<Errand, Answer>): Promise<Keyed> {
  const first = new Map<string, Errand & { form: 'ask' }>()
  const followers = new Map<Errand, Errand>()
  for (const errand of errands) {
    if (errand.form !== 'ask' || errand.key === undefined) continue
    const leader = first.get(errand.key.hash)
    if (leader === undefined) first.set(errand.key.hash, errand)
    else if (leader.key?.fingerprint === errand.key.fingerprint) followers.set(errand, leader)
    else answers.set(errand, { ok: false, error: new AppError('idempotency_mismatch', { field: 'idempotencyKey' }) })
  }
  const keys = [...first.values()].flatMap(({ key }) => (key === undefined ? [] : [key]))
  const stored = await takeKeys(tx, keys.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)))
  for (const [hash, { fingerprint, reply }] of stored) {
    const errand = first.get(hash)
    if (errand === undefined) continue
    answers.set(
      errand,
      fingerprint === errand.key?.fingerprint
        ? { ok: true, reply }
        : { ok: false, error: new AppError('idempotency_mismatch', { field: 'idempotencyKey' }) },
    )
  }
  const taken = [...first].filter(([hash]) => !stored.has(hash)).map(([hash, errand]): [Errand, string] => [errand, hash])
  return { followers, taken: new Map(taken) }
}

/** Stores the replies under the keys that were taken; a request that was refused by an error gives its key back. */
async function closeKeys(tx: Queryable, answers: ReadonlyMap<Errand, Answer>, taken: ReadonlyMap<Errand, string>): Promise<void> {
  const replies = new Map<string, unknown>()
  const givenBack: string[] = []
  for (const [errand, hash] of taken) {
    const answer = answers.get(errand)
    if (answer?.ok) replies.set(hash, answer.reply ?? null)
    else givenBack.push(hash)
  }
  await storeReplies(tx, replies, givenBack)
}

function answerFollowers(followers: ReadonlyMap<Errand, Errand>, answers: Map<Errand, Answer>): void {
  for (const [follower, leader] of followers) {
    const answer = answers.get(leader)
    if (answer !== undefined) answers.set(follower, answer)
  }
}

interface Collected {
  letters: Letter[]
  /** Actors that have more mail than this turn reads. */
  unread: Set<string>
}

/** Reads the mail of woken actors, and strikes out outcomes whose lease is lost. */
async function collectMail(tx: Queryable, kind: AnyActorKind, { errands, answers }: { errands: readonly Errand[]; answers: Map<Errand, Answer> }): Promise<Collected> {
  const outcomes = errands.filter((errand) => errand.form === 'outcome')
  const held = await deleteLeased(tx, outcomes.map(({ letterId, lease }) => ({ letterId, lease })))
  for (const errand of outcomes) if (!held.has(errand.letterId)) answers.set(errand, { ok: true, reply: undefined })

  const woken = new Map(errands.flatMap((errand) => (errand.form === 'wake' ? [[errand.id, errand.oneLetter ?? false]] : [])))
  const read = await readMail(tx, kind.kind, [...woken.keys()].toSorted())
  const letters: Letter[] = []
  const heldBack = new Set<string>()
  for (const letter of read) {
    if (heldBack.has(letter.actorId)) continue
    if (!letter.isDue || woken.get(letter.actorId) === true) heldBack.add(letter.actorId)
    if (letter.isDue) letters.push(letter)
  }
  return { letters, unread: read.length < lettersMax ? new Set() : new Set(woken.keys()) }
}

interface Item {
  id: string
  message: Message
  source: { errand: Errand } | { letter: Letter }
}

interface Work {
  items: Item[]
  failed: { letter: Letter; error: unknown }[]
  unknown: Letter[]
}

/** What is to be decided, in order: mail first, as it was sent first. A letter that cannot be read holds back its actor's later ones. */
function parseWork(
  kind: AnyActorKind,
  { errands, answers, followers, letters }: { errands: readonly Errand[]; answers: ReadonlyMap<Errand, Answer>; followers: ReadonlyMap<Errand, Errand>; letters: readonly Letter[] },
): Work {
  const work: Work = { items: [], failed: [], unknown: [] }
  const heldBack = new Set<string>()
  for (const letter of letters) {
    if (heldBack.has(letter.actorId)) continue
    const isKnown = kind.reads.includes(letter.version)
    const parsed = isKnown ? kind.message.safeParse(letter.payload) : undefined
    if (parsed?.success) {
      work.items.push({ id: letter.actorId, message: parsed.data, source: { letter } })
      continue
    }
    heldBack.add(letter.actorId)
    if (parsed === undefined) work.unknown.push(letter)
    else work.failed.push({ letter, error: parsed.error })
  }
  for (const errand of errands) {
    if (errand.form === 'wake' || answers.has(errand) || followers.has(errand)) continue
    work.items.push({ id: errand.id, message: errand.message, source: { errand } })
  }
  return work
}

interface Decided {
  answers: Map<Errand, Answer>
  changed: Map<string, unknown>
  movements: unknown[]
  mail: Mail[]
  cancelled: { id: string; types: readonly string[] }[]
  handled: number[]
  failed: { letter: Letter; error: unknown }[]
}

/** Decides one message after the other, each on what the ones before it have left. What throws changes nothing. */
function decideAll(
  kind: AnyActorKind,
  input: { items: readonly Item[]; states: ReadonlyMap<string, unknown>; shared: unknown; now: Date },
): Decided {
  const decided: Decided = { answers: new Map(), changed: new Map(), movements: [], mail: [], cancelled: [], handled: [], failed: [] }
  const heldBack = new Set<string>()
  let { shared } = input
  for (const { id, message, source } of input.items) {
    if ('letter' in source && heldBack.has(id)) continue
    let decision: Decision<unknown, unknown, unknown>
    try {
      const state = decided.changed.has(id) ? decided.changed.get(id) : input.states.get(id)
      decision = kind.decide(state, message, { id, now: input.now, shared })
    } catch (error) {
      if ('letter' in source) {
        heldBack.add(id)
        decided.failed.push({ letter: source.letter, error })
      } else if (source.errand.form === 'ask') decided.answers.set(source.errand, { ok: false, error })
      else throw error
      continue
    }
    if (decision.state !== undefined) decided.changed.set(id, decision.state)
    if (decision.movements !== undefined && decision.movements.length > 0) {
      decided.movements.push(...decision.movements)
      shared = kind.move(shared, decision.movements)
    }
    if (decision.mail !== undefined) decided.mail.push(...decision.mail)
    if (decision.cancelMail !== undefined) decided.cancelled.push({ id, types: decision.cancelMail })
    if ('letter' in source) decided.handled.push(source.letter.id)
    else decided.answers.set(source.errand, { ok: true, reply: decision.reply })
  }
  return decided
}
