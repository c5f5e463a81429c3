import { randomUUID } from 'node:crypto'
import { CommitUnknownError, isInfrastructureFailure, together, transaction, type Database } from '#db'
import { withDeadline } from '#deadline'
import { AppError } from '#errors'
import { gatherWork } from '#gather-work'
import { metrics, type Logger } from '#telemetry'
import { PutOff, type AnyEffectKind, type EffectResult, type Mail } from './kind.ts'
import type { Lane } from './lane.ts'
import * as mailbox from './mailbox.ts'

/** Runs the effects of one kind: claims their letters with a lease, calls, and lets the outcome take effect once. */
export interface EffectRunner {
  /** Resolves when these actors have no more effects to run now. */
  run(ids: readonly string[]): Promise<void>
  /** Whether it can take some more on without letting them wait long. */
  hasRoom(): boolean
  /** Claims no more and waits for what is under way. */
  stop(): Promise<void>
}

export interface EffectOptions {
  database: Database
  kind: AnyEffectKind
  log: Logger
  laneOf(kind: string): Lane
  versionOf(kind: string): number
  wake(woken: readonly { kind: string; id: string }[]): void
}

/** A lease is renewed while its effect runs and its outcome is written; so long after a crash (ms) another takes over. */
const leaseMs = 12_000
const renewEveryMs = 4_000
/** Actors waiting or under way; beyond it they are left to the sweep. */
const placesMax = 2_000
/** Attempts at a message that cannot be parsed: trying again changes little. */
const unreadableAttemptsMax = 8

/** An actor that waits for its turn to run, or runs. It has one place at most, so one runner never runs it twice at once. */
interface Place {
  id: string
  /** Woken since its letter was claimed: it may have more. */
  isWoken: boolean
  done: PromiseWithResolvers<void>
}

export function createEffectRunner(options: EffectOptions): EffectRunner {
  const { kind, database, log } = options
  /** This runner's claim. What it lost it can only hold again once its run is over. */
  const lease = randomUUID()
  const places = new Map<string, Place>()
  const leased = new Set<number>()
  // What cannot be renewed runs out: the outcome is fenced by it.
  const renewal = setInterval(() => {
    if (leased.size > 0)
      mailbox.renewLeases(database.query, { letterIds: [...leased], lease, leaseMs }).catch(() => undefined)
  }, renewEveryMs).unref()
  const waiting: Place[] = []
  let running = 0
  let isClaiming = false
  let isStopping = false

  /** While one claim is under way those who come wait for the next: a busy runner claims many letters at once. */
  function pump(): void {
    if (isClaiming) return
    const batch = waiting.splice(0, kind.concurrency - running)
    if (batch.length === 0) return
    running += batch.length
    isClaiming = true
    void claim(batch).then((letters) => {
      isClaiming = false
      for (const place of batch) void occupy(place, letters.get(place.id))
      pump()
    })
  }

  async function claim(batch: readonly Place[]): Promise<Map<string, mailbox.Letter>> {
    for (const place of batch) place.isWoken = false
    if (isStopping) return new Map()
    const actorIds = batch.map(({ id }) => id)
    try {
      const claimed = { kind: kind.kind, reads: kind.reads, actorIds, lease, leaseMs }
      const letters = await mailbox.claimEffects(database.query, claimed)
      return new Map(letters.map((letter) => [letter.actorId, letter]))
    } catch (error) {
      log.warn({ err: error, kind: kind.kind }, 'effects could not be claimed; the sweep brings them again')
      return new Map()
    }
  }

  async function occupy(place: Place, letter: mailbox.Letter | undefined): Promise<void> {
    const hasMore = letter !== undefined && (await runOne(letter))
    running -= 1
    if ((hasMore || place.isWoken) && !isStopping) waiting.push(place)
    else {
      places.delete(place.id)
      place.done.resolve()
    }
    pump()
  }

  /** Never rejects. @returns whether the actor may have more to run */
  async function runOne(letter: mailbox.Letter): Promise<boolean> {
    leased.add(letter.id)
    try {
      await apply(letter, await call(letter))
      return true
    } catch (error) {
      return await fail(letter, error).catch((failure: unknown) => {
        const about = { err: failure, kind: kind.kind, letter: letter.id }
        log.warn(about, 'a failed effect could not be marked; its lease will run out')
        return false
      })
    } finally {
      leased.delete(letter.id)
    }
  }

  /** A run that ignores its signal is left behind when its time is over: it must not hold the place for ever. */
  async function call({ actorId: id, payload, attempts, tries }: mailbox.Letter): Promise<EffectResult> {
    const message = kind.message.safeParse(payload)
    if (!message.success) throw new UnreadableError('the message cannot be parsed', { cause: message.error })
    const run = async (signal: AbortSignal) => kind.run(message.data, { id, attempts, tries, signal })
    return withDeadline(kind.timeoutMs, run, () => new PutOff(`no outcome within ${kind.timeoutMs} ms`))
  }

  async function apply({ id: letterId }: mailbox.Letter, result: EffectResult): Promise<void> {
    if ('outcome' in result) {
      const { kind: to, id, message } = result.outcome
      await options.laneOf(to).run({ form: 'outcome', id, message, letterId, lease })
    } else await replace({ letterId, lease, mail: result.mail })
  }

  /** Deletes letters whose lease still holds, and sends what they lead to. While some are written others gather. */
  const replace = gatherWork((done: readonly { letterId: number; lease: string; mail: readonly Mail[] }[]) =>
    transaction(database, async (tx) => {
      const held = await mailbox.holdLeased(tx, done)
      const mail = done.flatMap((one) => (held.has(one.letterId) ? one.mail : []))
      await together([mailbox.deleteMail(tx, [...held]), mailbox.sendMail(tx, mail, options.versionOf)])
      return mail
    }).then((mail) => options.wake(mailbox.dueNow(mail))),
  )

  /** @returns whether the actor may have more to run: a letter that was parked holds nothing back */
  async function fail(letter: mailbox.Letter, error: unknown): Promise<boolean> {
    const failure = { letterId: letter.id, lease, reason: mailbox.failureReason(error) }
    const about = { kind: kind.kind, actor: letter.actorId }
    if (saysNothing(error)) {
      log.warn({ ...about, tries: letter.tries + 1, reason: failure.reason }, 'an effect was put off')
      const delayMs = error instanceof PutOff ? error.delayMs : undefined
      await mailbox.putOffMail(database.query, { ...failure, delayMs })
      return false
    }
    log.error({ ...about, err: error, attempts: letter.attempts + 1 }, 'an effect failed')
    const most = error instanceof UnreadableError ? Math.min(kind.attemptsMax, unreadableAttemptsMax) : kind.attemptsMax
    const isParked = await mailbox.failMail(database.query, failure, most)
    if (isParked) metrics.mailParked.inc({ kind: kind.kind })
    return isParked
  }

  function join(id: string): Promise<void> {
    const known = places.get(id)
    if (known !== undefined) {
      known.isWoken = true
      return known.done.promise
    }
    if (isStopping || places.size >= placesMax) return Promise.resolve()
    const place: Place = { id, isWoken: false, done: Promise.withResolvers() }
    places.set(id, place)
    waiting.push(place)
    return place.done.promise
  }

  return {
    async run(ids) {
      const done = ids.map(join)
      pump()
      await Promise.all(done)
    },
    hasRoom: () => !isStopping && places.size < placesMax / 2,
    async stop() {
      isStopping = true
      // What waits finds the runner stopping, and claims nothing.
      pump()
      await Promise.all([...places.values()].map(({ done }) => done.promise))
      clearInterval(renewal)
    },
  }
}

class UnreadableError extends Error {
  override readonly name = 'UnreadableError'
}

/** Failures that say nothing about the message: they spend no attempt. */
const saysNothing = (error: unknown): boolean =>
  error instanceof PutOff ||
  error instanceof CommitUnknownError ||
  isInfrastructureFailure(error) ||
  (error instanceof AppError && error.code === 'unavailable')
