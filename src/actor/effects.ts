import { randomUUID } from 'node:crypto'
import { CommitUnknownError, isInfrastructureFailure, transaction, type Database } from '#db'
import { AppError } from '#errors'
import { metrics, type Logger } from '#telemetry'
import { PutOff, type AnyEffectKind, type EffectResult } from './kind.ts'
import type { Lane } from './lane.ts'
import {
  claimEffects,
  deleteMail,
  dueNow,
  failMail,
  failureReason,
  holdLeased,
  putOffMail,
  renewLeases,
  sendMail,
  type Letter,
} from './mailbox.ts'

/** Runs the effects of one kind: claims their letters with a lease, calls, and lets the outcome take effect once. */
export interface EffectRunner {
  /** Resolves when these actors have no more effects to run now. */
  run(ids: readonly string[]): Promise<void>
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

/** An actor that waits for its turn to run, or runs. */
interface Place {
  id: string
  /** Woken since its letter was claimed: it may have more. */
  isWoken: boolean
  done: PromiseWithResolvers<void>
}

export function createEffectRunner(options: EffectOptions): EffectRunner {
  const { kind, database, log } = options
  const places = new Map<string, Place>()
  /** Letters under way by lease: all that were claimed together share one. */
  const leased = new Map<string, Set<number>>()
  let waiting: Place[] = []
  let free = kind.concurrency
  let isClaiming = false
  let isStopping = false

  /** While one claim is under way those who come wait for the next: a busy runner claims many letters at once. */
  function pump(): void {
    if (isClaiming || free === 0 || waiting.length === 0) return
    const batch = waiting.slice(0, free)
    waiting = waiting.slice(batch.length)
    free -= batch.length
    isClaiming = true
    void handle(batch).finally(() => {
      isClaiming = false
      pump()
    })
  }

  /** Resolves once they are claimed. Each place is given back as soon as its actor has nothing more to run. */
  async function handle(batch: Place[]): Promise<void> {
    const lease = randomUUID()
    for (const place of batch) place.isWoken = false
    const letters = isStopping ? [] : await claim(batch, lease)
    const byActor = new Map(letters.map((letter) => [letter.actorId, letter]))
    const stopRenewing = keepLease(lease, letters)
    const runs = batch.map(async (place) => {
      const letter = byActor.get(place.id)
      const hasMore = letter !== undefined && (await runOne(letter, lease))
      giveBack(place, hasMore || place.isWoken)
    })
    void Promise.all(runs).finally(stopRenewing)
  }

  /** Renews the lease of letters that were claimed together, while any of them is under way. */
  function keepLease(lease: string, letters: readonly Letter[]): () => void {
    const underWay = new Set(letters.map(({ id }) => id))
    leased.set(lease, underWay)
    const renewal = setInterval(() => {
      // What cannot be renewed runs out: the outcome is fenced by it.
      renewLeases(database.query, { letterIds: [...underWay], lease, leaseMs }).catch(() => undefined)
    }, renewEveryMs)
    return () => {
      clearInterval(renewal)
      leased.delete(lease)
    }
  }

  function giveBack(place: Place, hasMore: boolean): void {
    free += 1
    if (hasMore && !isStopping) waiting.push(place)
    else {
      places.delete(place.id)
      place.done.resolve()
    }
    pump()
  }

  async function claim(batch: readonly Place[], lease: string): Promise<Letter[]> {
    const actorIds = batch.map(({ id }) => id)
    try {
      return await claimEffects(database.query, { kind: kind.kind, reads: kind.reads, actorIds, lease, leaseMs })
    } catch (error) {
      log.warn({ err: error, kind: kind.kind }, 'effects could not be claimed; the sweep brings them again')
      return []
    }
  }

  /** Never rejects. @returns whether the actor may have more to run */
  async function runOne(letter: Letter, lease: string): Promise<boolean> {
    try {
      await apply(letter, lease, await call(letter))
      return true
    } catch (error) {
      return fail(letter, lease, error).catch((failure: unknown) => {
        log.warn(
          { err: failure, kind: kind.kind, letter: letter.id },
          'a failed effect could not be marked; its lease will run out',
        )
        return false
      })
    } finally {
      leased.get(lease)?.delete(letter.id)
    }
  }

  /** A run that ignores its signal is left behind when its time is over: it must not hold the place for ever. */
  async function call({ actorId: id, payload, attempts, tries }: Letter): Promise<EffectResult> {
    const message = kind.message.safeParse(payload)
    if (!message.success) throw new UnreadableError('the message cannot be parsed', { cause: message.error })
    const signal = AbortSignal.timeout(kind.timeoutMs)
    const late = new Promise<never>((_, reject) => {
      const giveUp = () => reject(new PutOff(`no outcome within ${kind.timeoutMs} ms`))
      signal.addEventListener('abort', giveUp, { once: true })
    })
    const run = async (): Promise<EffectResult> => kind.run(message.data, { id, attempts, tries, signal })
    return Promise.race([late, run()])
  }

  async function apply({ id: letterId }: Letter, lease: string, result: EffectResult): Promise<void> {
    if ('outcome' in result) {
      const { kind: to, id, message } = result.outcome
      await options.laneOf(to).run({ form: 'outcome', id, message, letterId, lease })
      return
    }
    const sent = result.mail.map((next) => ({ ...next, version: options.versionOf(next.kind) }))
    const isApplied = await transaction(database, async (tx) => {
      const held = await holdLeased(tx, [{ letterId, lease }])
      if (held.size === 0) return false
      await deleteMail(tx, [letterId])
      await sendMail(tx, sent)
      return true
    })
    if (isApplied) options.wake(dueNow(result.mail))
  }

  /** @returns whether the actor may have more to run: a letter that was parked holds nothing back */
  async function fail(letter: Letter, lease: string, error: unknown): Promise<boolean> {
    const reason = failureReason(error)
    const failure = { letterId: letter.id, lease, reason }
    if (saysNothing(error)) {
      log.warn({ kind: kind.kind, actor: letter.actorId, tries: letter.tries + 1, reason }, 'an effect was put off')
      await putOffMail(database.query, { ...failure, delayMs: error instanceof PutOff ? error.delayMs : undefined })
      return false
    }
    log.error({ err: error, kind: kind.kind, actor: letter.actorId, attempts: letter.attempts + 1 }, 'an effect failed')
    const { attemptsMax } = kind
    const most = error instanceof UnreadableError ? Math.min(attemptsMax, unreadableAttemptsMax) : attemptsMax
    const isParked = await failMail(database.query, failure, most)
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
    async stop() {
      isStopping = true
      const underWay = [...places.values()].map(({ done }) => done.promise)
      // What waits finds the runner stopping, and claims nothing.
      pump()
      await Promise.all(underWay)
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
