import { setTimeout } from 'node:timers/promises'
import { CommitUnknownError, isConnectionLost, isInfrastructureFailure } from '#db'
import { AppError } from '#errors'
import { singleFlight } from '#idempotency'
import { metrics, type Logger } from '#telemetry'
import { StaleError } from './kind.ts'
import {
  failFirst,
  InFlightError,
  runTurn,
  type WorkItem,
  type TurnLimits,
  type TurnOptions,
  type TurnResult,
} from './turn.ts'

/** Gathers errands for one kind of actor: while turns are in flight the next batch collects. No timers: an idle lane starts at once. */
export interface Batcher {
  /**
   * @returns the reply of an ask; nothing for others, once there is nothing left to do for them now
   * @throws AppError: what `decide` refused; `unavailable` when nothing took effect, `outcome_unknown` when that is not
   * known. A wake never throws: what it could not do is found by the sweep.
   */
  run(errand: WorkItem): Promise<unknown>
  /** Refuses new errands; resolves once nothing is in flight. */
  stop(): Promise<void>
}

/** How a lane gathers. Tuned by `npm run bench -- place`. */
export interface BatchOptions {
  /** Errands in one turn. 1: every errand has a transaction of its own. */
  batchMax: number
  /** Turns in flight at once: while one waits for Postgres another is prepared. */
  turnsMax: number
}

export interface BatcherOptions extends TurnOptions {
  log: Logger
  batching: BatchOptions
  /**
   * Tells whoever got mail. Never throws, never waits.
   * @param isOwn of what this process was handling itself: nobody has asked for it from outside
   */
  wake(woken: readonly { kind: string; id: string }[], isOwn: boolean): void
}

/** Errands waiting; beyond it they are refused as `unavailable`. */
const queueMax = 5_000
/** A batch, and what is left of it when that failed: how long each lock is waited for, and letters taken of one actor. */
const together: TurnLimits = { lockWaitMs: 300, messagesMax: 64 }
const isolated: TurnLimits = { lockWaitMs: 50, messagesMax: 1 }
/** How long errands wait for their turn, or for what stands in its way, before they are given up. */
const patienceMs = { ask: 2_000, wake: 2_000, outcome: 10_000 }

type Failure = { error: unknown; how: TurnLimits }

interface Waiting {
  errand: WorkItem
  since: number
  /** What stood in its way last. */
  blockedBy?: unknown
  resolve(reply: unknown): void
  reject(error: unknown): void
}

/** Errands in the order they came; those of an actor whose turn is in flight wait for its end. */
const newLine = (turnsMax: number) => ({
  turnsMax,
  queue: new Array<Waiting>(),
  busy: new Set<string>(),
  turns: new Set<Promise<void>>(),
})
type Line = ReturnType<typeof newLine>

/**
 * Two lines: errands that run into a lock which somebody else holds are set aside, with all that follow them to the
 * same actor, so that the others wait for it once, and for less than a second.
 */
export function createBatcher(options: BatcherOptions): Batcher {
  const { log, batching: gathering } = options
  const { kind } = options.kind
  const main = newLine(options.kind.turnsMax ?? gathering.turnsMax)
  const aside = newLine(1)
  const share = singleFlight()
  let isStopping = false

  async function enqueue(errand: WorkItem): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const waiting: Waiting = { errand, since: performance.now(), resolve, reject }
    if (isStopping || main.queue.length + aside.queue.length >= queueMax) giveUp(waiting)
    else main.queue.push(waiting)
    pump(main)
    return promise
  }

  function pump(line: Line): void {
    while (line.turns.size < line.turnsMax) {
      const batch = cut(line)
      if (batch.length === 0) return
      const ids = batch.map(({ errand }) => errand.id)
      for (const id of ids) line.busy.add(id)
      const turn = turnOver(line, batch).finally(() => {
        line.turns.delete(turn)
        for (const id of ids) line.busy.delete(id)
        pump(line)
      })
      line.turns.add(turn)
    }
  }

  /** The next batch: in the order they came, each actor's own order kept. */
  function cut(line: Line): Waiting[] {
    const apart = new Set(line === main ? [...aside.busy, ...aside.queue.map(({ errand }) => errand.id)] : [])
    const next: Waiting[] = []
    const later: Waiting[] = []
    for (const waiting of line.queue) {
      const { id } = waiting.errand
      if (isLate(waiting)) giveUp(waiting)
      else if (apart.has(id)) aside.queue.push(waiting)
      else (next.length < gathering.batchMax && !line.busy.has(id) ? next : later).push(waiting)
    }
    line.queue = later
    return next
  }

  async function turnOver(line: Line, batch: Waiting[]): Promise<void> {
    try {
      const restMs = await settle(line, batch, together)
      if (restMs > 0) await setTimeout(restMs * (0.5 + Math.random()))
    } catch (error) {
      log.error({ err: error, kind }, 'a lane failed to settle its batch')
      for (const { reject } of batch) reject(error)
    }
  }

  /**
   * Runs a batch; what fails is isolated by halving, so that one bad errand costs its neighbours one bounded retry.
   * @returns how long to rest, since everything is likely to fail alike, ms
   */
  async function settle(line: Line, some: Waiting[], how: TurnLimits): Promise<number> {
    const startedAt = performance.now()
    const errands = some.map(({ errand }) => errand)
    try {
      const result = await runTurn(options, errands, how)
      metrics.turnSeconds.observe({ kind }, (performance.now() - startedAt) / 1000)
      metrics.turnMessages.observe({ kind }, some.length)
      deliver(line, some, result)
      return 0
    } catch (error) {
      metrics.turnFailures.inc({ kind, reason: reasonOf(error) })
      if (error instanceof StaleError && how.isFirm !== true) return settle(line, some, { ...how, isFirm: true })
      return recover(line, some, { error, how })
    }
  }

  function deliver(line: Line, some: Waiting[], { answers, woken, unfinished, failed }: TurnResult): void {
    const isOwn = some.every(({ errand }) => errand.form !== 'ask')
    options.wake(woken, isOwn)
    for (const waiting of some) {
      const { errand, resolve, reject } = waiting
      const answer = answers.get(errand)
      if (errand.form === 'wake' && unfinished.has(errand.id) && !isStopping) again(line, waiting)
      else if (answer?.ok === false) reject(answer.error)
      else resolve(answer?.reply)
    }
    noteFailures(failed)
  }

  /** An actor that has more to do goes to the end of the line. */
  const again = (line: Line, waiting: Waiting): unknown => line.queue.push({ ...waiting, since: performance.now() })

  function noteFailures(failed: TurnResult['failed']): void {
    for (const { letter, error, isDeadLettered: isParked } of failed) {
      log.error({ err: error, kind, letter: letter.id, isParked }, 'a message could not be handled')
      if (isParked) metrics.messagesDeadLettered.inc({ kind })
    }
  }

  async function recover(line: Line, some: Waiting[], { error, how }: Failure): Promise<number> {
    if (error instanceof CommitUnknownError) return leaveUnknown(line, some, error)
    for (const waiting of some) waiting.blockedBy = error
    if (isConnectionLost(error)) return retry(line, some)
    const [alone] = some
    if (alone !== undefined && some.length === 1) return recoverAlone(line, alone, { error, how })
    const middle = some.length >> 1
    let restMs = 0
    for (const half of [some.slice(0, middle), some.slice(middle)]) {
      const { late = [], inTime = [] } = Object.groupBy(half, (waiting) => (isLate(waiting) ? 'late' : 'inTime'))
      for (const waiting of late) giveUp(waiting)
      if (inTime.length > 0) restMs = Math.max(restMs, await settle(line, inTime, isolated))
    }
    return restMs
  }

  /** Everybody would fail alike: back to the head of the line until their patience is over. */
  function retry(line: Line, some: Waiting[]): number {
    line.queue = [...some, ...line.queue]
    return 100
  }

  /** Either all of it took effect or nothing: the caller must ask again, an outcome is fenced by its lease. */
  function leaveUnknown(line: Line, some: Waiting[], cause: CommitUnknownError): number {
    for (const { errand, resolve, reject } of some) {
      if (errand.form === 'ask') reject(new AppError('outcome_unknown', { cause }))
      if (errand.form === 'wake') resolve(undefined)
    }
    const outcomes = some.filter(({ errand }) => errand.form === 'outcome')
    return retry(line, outcomes)
  }

  async function recoverAlone(line: Line, waiting: Waiting, { error, how }: Failure): Promise<number> {
    const { errand, resolve, reject } = waiting
    if (isPassing(error)) {
      aside.queue.push(waiting)
      if (line === aside) return 50
      pump(aside)
    } else if (errand.form !== 'wake') {
      log.error({ err: error, kind, actor: errand.id }, 'a turn failed')
      reject(error)
    } else if (how.messagesMax > 1) {
      return settle(line, [waiting], isolated)
    } else {
      const failed = await failFirst(options, errand.id, error).catch((failure: unknown) => {
        log.warn({ err: failure, kind }, 'a failed message could not be marked; the sweep brings it again')
        return []
      })
      noteFailures(failed)
      if (failed.some(({ isDeadLettered: isParked }) => isParked)) again(line, waiting)
      else resolve(undefined)
    }
    return 0
  }

  return {
    run: (errand) =>
      errand.form === 'ask' && errand.key !== undefined ? share(errand.key, () => enqueue(errand)) : enqueue(errand),
    async stop() {
      isStopping = true
      while (main.turns.size + aside.turns.size > 0) await Promise.all([...main.turns, ...aside.turns])
    },
  }
}

const isLate = ({ errand, since }: Waiting): boolean => performance.now() - since > patienceMs[errand.form]

/** Nothing of it took effect. */
function giveUp({ errand, blockedBy, resolve, reject }: Waiting): void {
  const isInFlight = errand.form === 'ask' && errand.key !== undefined && blockedBy instanceof InFlightError
  if (errand.form === 'wake') resolve(undefined)
  else reject(new AppError(isInFlight ? 'in_flight' : 'unavailable', { cause: blockedBy }))
}

/** The same turn can succeed later, unchanged. */
const isPassing = (error: unknown): boolean => isInfrastructureFailure(error) || error instanceof StaleError

function reasonOf(error: unknown): string {
  if (error instanceof CommitUnknownError) return 'commit_unknown'
  if (isConnectionLost(error)) return 'connection_lost'
  if (error instanceof StaleError) return 'stale'
  return isPassing(error) ? 'blocked' : 'error'
}
