import { randomUUID } from 'node:crypto'
import { CommitUnknownError, failureReason, batchWhileBusy, isInfrastructureFailure, pipelined, transaction } from '#db'
import { withDeadline } from '#lib/deadline'
import { AppError } from '#errors'
import { createSemaphore } from '#lib/semaphore'
import { metrics } from '#telemetry'
import { RetryLaterError, type AnyEffectKind, type EffectResult, type Envelope } from './kind.ts'
import type { Batcher, BatcherOptions } from './batcher.ts'
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

export interface EffectOptions extends Omit<BatcherOptions, 'kind' | 'batching'> {
  kind: AnyEffectKind
  batcherOf(kind: string): Batcher
}

/** A lease is renewed while its effect runs and its outcome is written; so long after a crash (ms) another takes over. */
const leaseMs = 12_000
const renewEveryMs = 4_000
/** Actors waiting or under way; beyond it they are left to the sweep. */
const visitsMax = 2_000
/** Attempts at a message that cannot be parsed: trying again changes little. */
const unreadableAttemptsMax = 8

/** An actor under way. It is here once at most, so one runner never runs it twice at once. */
interface Visit {
  /** Woken since its letter was claimed: it may have more. */
  isWoken: boolean
  done: Promise<void>
}

export function createEffectRunner(options: EffectOptions): EffectRunner {
  const { kind, database, log } = options
  /** This runner's claim. What it lost it can only hold again once its run is over. */
  const lease = randomUUID()
  const visits = new Map<string, Visit>()
  const places = createSemaphore({ count: kind.concurrency })
  const leased = new Set<number>()
  // What cannot be renewed runs out: the outcome is fenced by it.
  const renewal = setInterval(() => {
    if (leased.size > 0)
      mailbox.renewLeases(database.query, { letterIds: [...leased], lease, leaseMs }).catch(() => undefined)
  }, renewEveryMs).unref()
  let isStopping = false

  /** While one claim is under way those who come gather: a busy runner claims many letters at once. */
  const claim = batchWhileBusy(async (actorIds: readonly string[]) => {
    const claimed = { kind: kind.kind, reads: kind.reads, actorIds, lease, leaseMs }
    const letters = await mailbox.leaseMessages(database.query, claimed).catch((error: unknown) => {
      log.warn({ err: error, kind: kind.kind }, 'effects could not be claimed; the sweep brings them again')
      return []
    })
    return new Map(letters.map((letter) => [letter.actorId, letter]))
  })

  /** Runs what the actor has, a letter each time it gets a place. */
  async function serve(id: string, visit: Visit): Promise<void> {
    let hasMore = false
    do {
      await places.acquire()
      visit.isWoken = false
      const letter = isStopping ? undefined : (await claim(id)).get(id)
      hasMore = letter !== undefined && (await runOne(letter))
      places.release()
    } while ((hasMore || visit.isWoken) && !isStopping)
    visits.delete(id)
  }

  function join(id: string): Promise<void> {
    const known = visits.get(id)
    if (known !== undefined) {
      known.isWoken = true
      return known.done
    }
    if (isStopping || visits.size >= visitsMax) return Promise.resolve()
    const visit: Visit = { isWoken: false, done: Promise.resolve() }
    visits.set(id, visit)
    return (visit.done = serve(id, visit))
  }

  /** Never rejects. @returns whether the actor may have more to run */
  async function runOne(letter: mailbox.StoredMessage): Promise<boolean> {
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
  async function call({ actorId: id, payload, attempts, tries }: mailbox.StoredMessage): Promise<EffectResult> {
    const message = kind.message.parse(payload)
    const run = async (signal: AbortSignal) => kind.run(message, { id, attempts, tries, signal })
    return withDeadline(kind.timeoutMs, run, () => new RetryLaterError(`no outcome within ${kind.timeoutMs} ms`))
  }

  async function apply({ id: letterId }: mailbox.StoredMessage, result: EffectResult): Promise<unknown> {
    if (!('outcome' in result)) return replace({ letterId, lease, mail: result.outbox })
    const { kind: to, id, message } = result.outcome
    return options.batcherOf(to).run({ form: 'outcome', id, message, letterId, lease })
  }

  /** Deletes letters whose lease still holds, and sends what they lead to. While some are written others gather. */
  const replace = batchWhileBusy((done: readonly { letterId: number; lease: string; mail: readonly Envelope[] }[]) =>
    transaction(database, async (tx) => {
      const held = await mailbox.lockLeased(tx, done)
      const mail = done.flatMap((one) => (held.has(one.letterId) ? one.mail : []))
      await pipelined([mailbox.deleteMessages(tx, [...held]), mailbox.sendMessages(tx, mail, options.versionOf)])
      return mail
    }).then((mail) => options.wake(mailbox.recipientsDueNow(mail), true)),
  )

  /** @returns whether the actor may have more to run: a letter that was parked holds nothing back */
  async function fail(letter: mailbox.StoredMessage, error: unknown): Promise<boolean> {
    const delayMs = error instanceof RetryLaterError ? error.delayMs : undefined
    const failure = { letterId: letter.id, lease, reason: failureReason(error), delayMs }
    const about = { kind: kind.kind, actor: letter.actorId }
    if (saysNothing(error)) {
      log.warn({ ...about, tries: letter.tries + 1, reason: failure.reason }, 'an effect was put off')
      return mailbox.failMessage(database.query, failure)
    }
    log.error({ ...about, err: error, attempts: letter.attempts + 1 }, 'an effect failed')
    const most = kind.message.safeParse(letter.payload).success ? Infinity : unreadableAttemptsMax
    const isParked = await mailbox.failMessage(database.query, failure, Math.min(kind.attemptsMax, most))
    if (isParked) metrics.messagesDeadLettered.inc({ kind: kind.kind })
    return isParked
  }

  return {
    run: async (ids) => void (await Promise.all(ids.map(join))),
    hasRoom: () => !isStopping && visits.size < visitsMax / 2,
    async stop() {
      isStopping = true
      await Promise.all([...visits.values()].map(({ done }) => done))
      clearInterval(renewal)
    },
  }
}

/** Failures that say nothing about the message: they spend no attempt. */
const saysNothing = (error: unknown): boolean =>
  error instanceof RetryLaterError ||
  error instanceof CommitUnknownError ||
  isInfrastructureFailure(error) ||
  (error instanceof AppError && error.code === 'unavailable')
