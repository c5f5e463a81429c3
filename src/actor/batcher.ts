import { setTimeout } from 'node:timers/promises'
import { CommitUnknownError, isConnectionLost, isInfrastructureFailure } from '#db'
import { AppError } from '#errors'
import { singleFlight } from '#idempotency'
import { metrics, type Logger } from '#telemetry'
import { StaleError } from './kind.ts'
import { failFirst, InFlightError, runTurn, type TurnLimits, type TurnOptions, type TurnResult } from './turn.ts'
import { isKeyed, type WorkItem } from './work-item.ts'

/**
 * Group commit for one kind of actor: while turns are in flight the next batch of work items collects. There is no
 * timer: an idle batcher starts a turn immediately.
 */
export interface Batcher {
  /**
   * @returns the reply of an ask; undefined for other items, once there is nothing left to do for them now
   * @throws AppError: the rejection that `decide` threw; `unavailable` when nothing took effect; `outcome_unknown` when
   * that is not known. A wake never throws: the sweep finds the messages it could not handle.
   */
  run(item: WorkItem): Promise<unknown>
  /** Rejects new items; resolves once no turn is in flight. */
  stop(): Promise<void>
}

/** Size of batches. Tuned by `npm run bench -- place`. */
export interface BatchOptions {
  /** Work items in one turn. 1: every item has a transaction of its own. */
  batchMax: number
  /** Concurrent turns: while one waits for Postgres another is prepared. */
  turnsMax: number
}

export interface BatcherOptions extends TurnOptions {
  log: Logger
  batching: BatchOptions
  /**
   * Wakes the recipients of new messages. Never throws, never waits.
   * @param isOwn the messages come from work this process began by itself, not from an ask
   */
  wake(woken: readonly { kind: string; id: string }[], isOwn: boolean): void
}

/** Items waiting for a turn; further ones are rejected as `unavailable`. */
const queueMax = 5_000
/** Limits of a batch, and of the parts of a batch that failed. */
const wholeBatch: TurnLimits = { lockWaitMs: 300, messagesMax: 64 }
const isolated: TurnLimits = { lockWaitMs: 50, messagesMax: 1 }
/** Longest wait of an item for its turn, retries included, ms. */
const maxWaitMs = { ask: 2_000, wake: 2_000, outcome: 10_000 }

type Failure = { error: unknown; limits: TurnLimits }

interface Waiting {
  item: WorkItem
  since: number
  /** The failure that stopped it last. */
  blockedBy?: unknown
  resolve(reply: unknown): void
  reject(error: unknown): void
}

/** Items in arrival order. An item whose actor is in a turn waits for the end of that turn. */
const newQueue = (turnsMax: number) => ({
  turnsMax,
  waiting: new Array<Waiting>(),
  busy: new Set<string>(),
  turns: new Set<Promise<void>>(),
})
type Queue = ReturnType<typeof newQueue>

/**
 * Two queues: an item that meets a lock of another process moves to the blocked queue, with all later items of the same
 * actor. The other items wait for that lock once, and for less than a second.
 */
export function createBatcher(options: BatcherOptions): Batcher {
  const { log, batching } = options
  const { kind } = options.kind
  const main = newQueue(options.kind.turnsMax ?? batching.turnsMax)
  const blocked = newQueue(1)
  const once = singleFlight()
  let isStopping = false

  async function enqueue(item: WorkItem): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const waiting: Waiting = { item, since: performance.now(), resolve, reject }
    if (isStopping || main.waiting.length + blocked.waiting.length >= queueMax) giveUp(waiting)
    else main.waiting.push(waiting)
    startTurns(main)
    return promise
  }

  function startTurns(queue: Queue): void {
    while (queue.turns.size < queue.turnsMax) {
      const batch = nextBatch(queue)
      if (batch.length === 0) return
      const ids = batch.map(({ item }) => item.id)
      for (const id of ids) queue.busy.add(id)
      const turn = runBatch(queue, batch).finally(() => {
        queue.turns.delete(turn)
        for (const id of ids) queue.busy.delete(id)
        startTurns(queue)
      })
      queue.turns.add(turn)
    }
  }

  /** In arrival order, which is also each actor's own order. */
  function nextBatch(queue: Queue): Waiting[] {
    const apart = new Set(queue === main ? [...blocked.busy, ...blocked.waiting.map(({ item }) => item.id)] : [])
    const next: Waiting[] = []
    const later: Waiting[] = []
    for (const waiting of queue.waiting) {
      const { id } = waiting.item
      if (isLate(waiting)) giveUp(waiting)
      else if (apart.has(id)) blocked.waiting.push(waiting)
      else (next.length < batching.batchMax && !queue.busy.has(id) ? next : later).push(waiting)
    }
    queue.waiting = later
    return next
  }

  async function runBatch(queue: Queue, batch: Waiting[]): Promise<void> {
    try {
      const pauseMs = await attempt(queue, batch, wholeBatch)
      if (pauseMs > 0) await setTimeout(pauseMs * (0.5 + Math.random()))
    } catch (error) {
      log.error({ err: error, kind }, 'a batcher failed to process its batch')
      for (const { reject } of batch) reject(error)
    }
  }

  /**
   * Runs a batch. A failure is isolated by bisection, so that one bad item costs its neighbours one bounded retry.
   * @returns how long to pause, since the next batch is likely to fail in the same way, ms
   */
  async function attempt(queue: Queue, batch: Waiting[], limits: TurnLimits): Promise<number> {
    const startedAt = performance.now()
    try {
      const result = await runTurn(
        options,
        batch.map(({ item }) => item),
        limits,
      )
      metrics.turnSeconds.observe({ kind }, (performance.now() - startedAt) / 1000)
      metrics.turnMessages.observe({ kind }, batch.length)
      deliver(queue, batch, result)
      return 0
    } catch (error) {
      metrics.turnFailures.inc({ kind, reason: reasonOf(error) })
      if (error instanceof StaleError && limits.isLocked !== true)
        return attempt(queue, batch, { ...limits, isLocked: true })
      return recover(queue, batch, { error, limits })
    }
  }

  function deliver(queue: Queue, batch: Waiting[], { answers, woken, unfinished, failed }: TurnResult): void {
    const isOwn = batch.every(({ item }) => item.type !== 'ask')
    options.wake(woken, isOwn)
    for (const waiting of batch) {
      const { item, resolve, reject } = waiting
      const answer = answers.get(item)
      if (item.type === 'wake' && unfinished.has(item.id) && !isStopping) requeue(queue, waiting)
      else if (answer?.ok === false) reject(answer.error)
      else resolve(answer?.reply)
    }
    reportFailures(failed)
  }

  /** To the end of the queue: the actor has more to do. */
  const requeue = (queue: Queue, waiting: Waiting): unknown =>
    queue.waiting.push({ ...waiting, since: performance.now() })

  function reportFailures(failed: TurnResult['failed']): void {
    for (const { stored, error, isDeadLettered } of failed) {
      log.error({ err: error, kind, messageId: stored.id, isDeadLettered }, 'a message could not be handled')
      if (isDeadLettered) metrics.messagesDeadLettered.inc({ kind })
    }
  }

  async function recover(queue: Queue, batch: Waiting[], { error, limits }: Failure): Promise<number> {
    if (error instanceof CommitUnknownError) return rejectUnknown(queue, batch, error)
    for (const waiting of batch) waiting.blockedBy = error
    if (isConnectionLost(error)) return retry(queue, batch)
    const [single] = batch
    if (single !== undefined && batch.length === 1) return recoverSingle(queue, single, { error, limits })
    const middle = batch.length >> 1
    let pauseMs = 0
    for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
      const { late = [], inTime = [] } = Object.groupBy(half, (waiting) => (isLate(waiting) ? 'late' : 'inTime'))
      for (const waiting of late) giveUp(waiting)
      if (inTime.length > 0) pauseMs = Math.max(pauseMs, await attempt(queue, inTime, isolated))
    }
    return pauseMs
  }

  /** To the head of the queue, until the items have waited too long: any batch would fail in the same way now. */
  function retry(queue: Queue, batch: Waiting[]): number {
    queue.waiting = [...batch, ...queue.waiting]
    return 100
  }

  /** Either all of it took effect or nothing: an ask must be repeated by its caller, an outcome is fenced by its lease. */
  function rejectUnknown(queue: Queue, batch: Waiting[], cause: CommitUnknownError): number {
    for (const { item, resolve, reject } of batch) {
      if (item.type === 'ask') reject(new AppError('outcome_unknown', { cause }))
      if (item.type === 'wake') resolve(undefined)
    }
    const outcomes = batch.filter(({ item }) => item.type === 'outcome')
    return retry(queue, outcomes)
  }

  async function recoverSingle(queue: Queue, waiting: Waiting, { error, limits }: Failure): Promise<number> {
    const { item, resolve, reject } = waiting
    if (isTransient(error)) {
      blocked.waiting.push(waiting)
      if (queue === blocked) return 50
      startTurns(blocked)
    } else if (item.type !== 'wake') {
      log.error({ err: error, kind, actor: item.id }, 'a turn failed')
      reject(error)
    } else if (limits.messagesMax > 1) {
      return attempt(queue, [waiting], isolated)
    } else {
      const failed = await failFirst(options, item.id, error).catch((failure: unknown) => {
        log.warn({ err: failure, kind }, 'a failed message could not be marked; the sweep delivers it again')
        return []
      })
      reportFailures(failed)
      if (failed.some(({ isDeadLettered }) => isDeadLettered)) requeue(queue, waiting)
      else resolve(undefined)
    }
    return 0
  }

  return {
    run: (item) => (isKeyed(item) ? once(item.key, () => enqueue(item)) : enqueue(item)),
    async stop() {
      isStopping = true
      while (main.turns.size + blocked.turns.size > 0) await Promise.all([...main.turns, ...blocked.turns])
    },
  }
}

const isLate = ({ item, since }: Waiting): boolean => performance.now() - since > maxWaitMs[item.type]

/** Nothing of the item took effect. */
function giveUp({ item, blockedBy, resolve, reject }: Waiting): void {
  if (item.type === 'wake') resolve(undefined)
  else {
    const isInFlight = isKeyed(item) && blockedBy instanceof InFlightError
    reject(new AppError(isInFlight ? 'in_flight' : 'unavailable', { cause: blockedBy }))
  }
}

/** The same turn can succeed later, unchanged. */
const isTransient = (error: unknown): boolean => isInfrastructureFailure(error) || error instanceof StaleError

function reasonOf(error: unknown): string {
  if (error instanceof CommitUnknownError) return 'commit_unknown'
  if (isConnectionLost(error)) return 'connection_lost'
  if (error instanceof StaleError) return 'stale'
  return isTransient(error) ? 'blocked' : 'error'
}
