import { randomUUID } from 'node:crypto'
import { batchWhileBusy, CommitUnknownError, failureReason, isInfrastructureFailure, pipelined, transaction } from '#db'
import { AppError } from '#errors'
import { withDeadline } from '#lib/deadline'
import { createSemaphore } from '#lib/semaphore'
import { activeTraceparent, metrics } from '#telemetry'
import type { Batcher, BatcherOptions } from './batcher.ts'
import { RetryLaterError, type AnyEffectKind, type EffectResult, type Envelope } from './kind.ts'
import * as mailbox from './mailbox.ts'
import { inEffectSpan, traced } from './message-spans.ts'

/** Runs the effects of one kind: leases their messages, calls outside, and applies each outcome once. */
export interface EffectRunner {
  /** Resolves when these actors have no more effects to run now. */
  run(ids: readonly string[]): Promise<void>
  /** Whether further actors would start soon. */
  hasRoom(): boolean
  /** Leases no more messages and waits for the running effects. */
  stop(): Promise<void>
}

export interface EffectRunnerOptions extends Omit<BatcherOptions, 'kind' | 'batching'> {
  kind: AnyEffectKind
  batcherOf(kind: string): Batcher
}

/** A lease is renewed while its effect runs and its outcome is written; after a crash another process takes over this much later, ms. */
const leaseMs = 12_000
const renewEveryMs = 4_000
/** Actors waiting or running; further ones are left to the sweep. */
const runsMax = 2_000
/** Attempts at a message that cannot be parsed: a retry changes little. */
const unreadableAttemptsMax = 8

/** The run of one actor. An actor has one at most, so a runner never runs it twice concurrently. */
interface Run {
  /** Woken since its message was leased: it may have more. */
  isWoken: boolean
  done: Promise<void>
}

export function createEffectRunner(options: EffectRunnerOptions): EffectRunner {
  const { kind, database, log } = options
  /** Fencing token of this runner. A lost lease can only be held again by a new run of the same message. */
  const lease = randomUUID()
  const runs = new Map<string, Run>()
  const slots = createSemaphore({ count: kind.concurrency })
  const leased = new Set<number>()
  // A lease that cannot be renewed runs out: it fences the outcome.
  const renewal = setInterval(() => {
    if (leased.size > 0)
      mailbox.renewLeases(database.query, { messageIds: [...leased], lease, leaseMs }).catch(() => undefined)
  }, renewEveryMs).unref()
  let isStopping = false

  /** Leases for many actors in one statement while another is in flight. */
  const leaseNext = batchWhileBusy(async (actorIds: readonly string[]) => {
    const request = { kind: kind.kind, reads: kind.reads, actorIds, lease, leaseMs }
    const messages = await mailbox.leaseMessages(database.query, request).catch((error: unknown) => {
      log.warn({ err: error, kind: kind.kind }, 'effects could not be leased; the sweep delivers them again')
      return []
    })
    return new Map(messages.map((stored) => [stored.actorId, stored]))
  })

  /** Runs the actor's effects one by one, each after acquiring a slot. */
  async function runAll(id: string, run: Run): Promise<void> {
    let hasMore = false
    do {
      await slots.acquire()
      run.isWoken = false
      const stored = isStopping ? undefined : (await leaseNext(id)).get(id)
      hasMore = stored !== undefined && (await runOne(stored))
      slots.release()
    } while ((hasMore || run.isWoken) && !isStopping)
    runs.delete(id)
  }

  function start(id: string): Promise<void> {
    const known = runs.get(id)
    if (known !== undefined) {
      known.isWoken = true
      return known.done
    }
    if (isStopping || runs.size >= runsMax) return Promise.resolve()
    const run: Run = { isWoken: false, done: Promise.resolve() }
    runs.set(id, run)
    return (run.done = runAll(id, run))
  }

  /** Never rejects. @returns whether the actor may have more to run */
  async function runOne(stored: mailbox.StoredMessage): Promise<boolean> {
    leased.add(stored.id)
    try {
      await inEffectSpan(kind.kind, stored, async () => apply(stored, await call(stored)))
      return true
    } catch (error) {
      return await fail(stored, error).catch((failure: unknown) => {
        const context = { err: failure, kind: kind.kind, messageId: stored.id }
        log.warn(context, 'a failed effect could not be marked; its lease will run out')
        return false
      })
    } finally {
      leased.delete(stored.id)
    }
  }

  /** A run that ignores its signal is abandoned at its deadline: it must not hold its slot for ever. */
  async function call({ actorId: id, payload, attempts, tries }: mailbox.StoredMessage): Promise<EffectResult> {
    const message = kind.message.parse(payload)
    const run = async (signal: AbortSignal) => kind.run(message, { id, attempts, tries, signal })
    return withDeadline(kind.timeoutMs, run, () => new RetryLaterError(`no outcome within ${kind.timeoutMs} ms`))
  }

  async function apply({ id: messageId }: mailbox.StoredMessage, result: EffectResult): Promise<unknown> {
    if (!('outcome' in result)) return replace({ messageId, lease, outbox: traced(result.outbox) })
    const { kind: recipient, id, message } = result.outcome
    const traceparent = activeTraceparent()
    return options.batcherOf(recipient).run({ type: 'outcome', id, message, messageId, lease, traceparent })
  }

  /** Deletes messages whose lease still holds and sends their outbox, many of them in one transaction. */
  const replace = batchWhileBusy((done: readonly { messageId: number; lease: string; outbox: readonly Envelope[] }[]) =>
    transaction(database, async (tx) => {
      const held = await mailbox.lockLeased(tx, done)
      const outbox = done.flatMap((one) => (held.has(one.messageId) ? one.outbox : []))
      await pipelined([mailbox.deleteMessages(tx, [...held]), mailbox.sendMessages(tx, outbox, options.versionOf)])
      return outbox
    }).then((outbox) => options.wake(mailbox.recipientsDueNow(outbox), true)),
  )

  /** @returns whether the actor may have more to run: a dead letter holds nothing back */
  async function fail(stored: mailbox.StoredMessage, error: unknown): Promise<boolean> {
    const delayMs = error instanceof RetryLaterError ? error.delayMs : undefined
    const failure = { messageId: stored.id, lease, reason: failureReason(error), delayMs }
    const context = { kind: kind.kind, actor: stored.actorId }
    if (isInconclusive(error)) {
      log.warn({ ...context, tries: stored.tries + 1, reason: failure.reason }, 'an effect is retried later')
      return mailbox.failMessage(database.query, failure)
    }
    log.error({ ...context, err: error, attempts: stored.attempts + 1 }, 'an effect failed')
    const attemptsMax = kind.message.safeParse(stored.payload).success
      ? kind.attemptsMax
      : Math.min(kind.attemptsMax, unreadableAttemptsMax)
    const isDeadLettered = await mailbox.failMessage(database.query, failure, attemptsMax)
    if (isDeadLettered) metrics.messagesDeadLettered.inc({ kind: kind.kind })
    return isDeadLettered
  }

  return {
    run: async (ids) => void (await Promise.all(ids.map(start))),
    hasRoom: () => !isStopping && runs.size < runsMax / 2,
    async stop() {
      isStopping = true
      await Promise.all([...runs.values()].map(({ done }) => done))
      clearInterval(renewal)
    },
  }
}

/** Failures that say nothing about the message: they spend no attempt. */
const isInconclusive = (error: unknown): boolean =>
  error instanceof RetryLaterError ||
  error instanceof CommitUnknownError ||
  isInfrastructureFailure(error) ||
  (error instanceof AppError && error.code === 'unavailable')
