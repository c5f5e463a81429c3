import { randomUUID } from 'node:crypto'
import { transaction, type Database } from '#db'
import { metrics, type Logger } from '#telemetry'
import { PutOff, type AnyEffectKind, type EffectResult, type Mail } from './kind.ts'
import type { Lane } from './lane.ts'
import { claimEffects, deleteLeased, failMail, putOffMail, sendMail, type Letter } from './mailbox.ts'

/** Runs the effects of one kind: claims their letters with a lease, calls, and lets the outcome take effect once. */
export interface EffectRunner {
  /** Resolves when these actors have no more effects to run now. Known ones join the run under way. */
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

/** The lease outlasts the call by this much, ms: time to write the outcome. */
const leaseMarginMs = 10_000
/** Ids waiting for a free place; beyond it they are left to the sweep. */
const waitingMax = 2_000

export function createEffectRunner(options: EffectOptions): EffectRunner {
  const { kind, database, log } = options
  const waiting = new Map<string, PromiseWithResolvers<void>>()
  const underWay = new Set<Promise<void>>()
  let free = kind.concurrency
  let isStopping = false

  function pump(): void {
    while (free > 0 && waiting.size > 0 && !isStopping) {
      const batch = [...waiting].slice(0, free)
      for (const [id] of batch) waiting.delete(id)
      free -= batch.length
      const handled = handle(batch).finally(() => {
        underWay.delete(handled)
        pump()
      })
      underWay.add(handled)
    }
  }

  /** One place each: given back as soon as that actor has nothing more to run. */
  async function handle(batch: [string, PromiseWithResolvers<void>][]): Promise<void> {
    const lease = randomUUID()
    const claim = { kind: kind.kind, actorIds: batch.map(([id]) => id), lease, leaseMs: kind.timeoutMs + leaseMarginMs }
    const letters = await claimEffects(database.query, claim).catch((error: unknown) => {
      log.warn({ err: error, kind: kind.kind }, 'effects could not be claimed; the sweep brings them again')
      return []
    })
    const byActor = new Map(letters.map((letter) => [letter.actorId, letter]))
    await Promise.all(
      batch.map(async ([id, done]) => {
        const letter = byActor.get(id)
        const hasMore = letter !== undefined && (await runOne(letter, lease))
        free += 1
        if (hasMore && !isStopping) waiting.set(id, done)
        else done.resolve()
        pump()
      }),
    )
  }

  /** @returns whether the actor may have more to run */
  async function runOne(letter: Letter, lease: string): Promise<boolean> {
    try {
      if (!kind.reads.includes(letter.version)) throw new PutOff(`version ${letter.version} is not known here`, { delayMs: 60_000 })
      const message = kind.message.parse(letter.payload)
      const signal = AbortSignal.timeout(kind.timeoutMs)
      const result = await kind.run(message, { id: letter.actorId, attempts: letter.attempts, tries: letter.tries, signal })
      await apply(letter, lease, result)
      return true
    } catch (error) {
      await fail(letter, lease, error).catch((failure: unknown) => {
        log.warn({ err: failure, kind: kind.kind, letter: letter.id }, 'a failed effect could not be marked; its lease will run out')
      })
      return false
    }
  }

  async function apply(letter: Letter, lease: string, result: EffectResult): Promise<void> {
    if ('outcome' in result) {
      const { kind: to, id, message } = result.outcome
      await options.laneOf(to).run({ form: 'outcome', id, message, letterId: letter.id, lease })
      return
    }
    await transaction(database, async (tx) => {
      const held = await deleteLeased(tx, [{ letterId: letter.id, lease }])
      if (held.size > 0) await sendMail(tx, result.mail.map((next) => ({ ...next, version: options.versionOf(next.kind) })))
    })
    options.wake(result.mail.filter(isDueNow).map(({ kind: to, id }) => ({ kind: to, id })))
  }

  async function fail(letter: Letter, lease: string, error: unknown): Promise<void> {
    const reason = error instanceof Error ? `${error.name}: ${error.message.split('\n')[0] ?? ''}` : 'unknown'
    if (error instanceof PutOff) {
      log.warn({ kind: kind.kind, actor: letter.actorId, tries: letter.tries + 1, reason }, 'an effect was put off')
      await putOffMail(database.query, { letterId: letter.id, lease, reason, delayMs: error.delayMs })
      return
    }
    log.error({ err: error, kind: kind.kind, actor: letter.actorId, attempts: letter.attempts + 1 }, 'an effect failed')
    const isParked = await failMail(database.query, { letterId: letter.id, lease, reason }, kind.attemptsMax)
    if (isParked) metrics.mailParked.inc({ kind: kind.kind })
  }

  return {
    async run(ids) {
      const done = ids.map((id) => {
        const known = waiting.get(id)
        if (known !== undefined) return known.promise
        if (waiting.size >= waitingMax || isStopping) return Promise.resolve()
        const place = Promise.withResolvers<void>()
        waiting.set(id, place)
        return place.promise
      })
      pump()
      await Promise.all(done)
    },
    async stop() {
      isStopping = true
      for (const { resolve } of waiting.values()) resolve()
      waiting.clear()
      await Promise.all(underWay)
    },
  }
}

const isDueNow = ({ dueAt }: Mail): boolean => dueAt === undefined || dueAt.getTime() <= Date.now()
