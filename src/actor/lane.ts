import { setTimeout } from 'node:timers/promises'
import { CommitUnknownError, isConnectionLost, isInfrastructureFailure } from '#db'
import { AppError } from '#errors'
import { metrics, type Logger } from '#telemetry'
import { KeyInFlightError } from './idempotency.ts'
import { failMail, putOffMail, readMail } from './mailbox.ts'
import { runTurn, type Answer, type Errand, type TurnOptions, type TurnResult } from './turn.ts'

/** Gathers errands for one kind of actor: while one turn is in flight the next batch collects. No timers: an idle lane starts at once. */
export interface Lane {
  /**
   * @returns the reply of an ask; nothing for others
   * @throws AppError: what `decide` refused; `unavailable` when nothing took effect, `outcome_unknown` when that is not known
   */
  run(errand: Errand): Promise<unknown>
  /** Resolves once nothing is queued or in flight. */
  idle(): Promise<void>
}

export interface LaneOptions extends TurnOptions {
  log: Logger
  /** Tells whoever got mail. Never throws, never waits. */
  wake(woken: readonly { kind: string; id: string }[]): void
  /** Errands in one turn. */
  batchMax?: number
  /** Errands waiting; beyond it they are refused as `unavailable`. */
  queueMax?: number
}

/** Attempts at handling a letter before it is parked. */
const attemptsMax = 8
/** How long an ask keeps trying to get past a lock that somebody else holds, ms. */
const patienceMs = 2_000

interface Waiting {
  errand: Errand
  since: number
  resolve(reply: unknown): void
  reject(error: unknown): void
}

export function createLane(options: LaneOptions): Lane {
  const { batchMax = 128, queueMax = 5_000, log } = options
  const kind = options.kind.kind
  let queue: Waiting[] = []
  let inFlight: Promise<void> | undefined

  function pump(): void {
    if (inFlight !== undefined || queue.length === 0) return
    const batch = queue.slice(0, batchMax)
    queue = queue.slice(batchMax)
    inFlight = settle(batch)
      .catch((error: unknown) => {
        log.error({ err: error, kind }, 'a lane failed to settle its batch')
        fail(batch, error)
      })
      .finally(() => {
        inFlight = undefined
        pump()
      })
  }

  /** Runs a batch; what fails is isolated by halving, so that one bad errand costs its neighbours one bounded retry. */
  async function settle(batch: Waiting[]): Promise<void> {
    const startedAt = performance.now()
    try {
      const result = await runTurn(options, batch.map(({ errand }) => errand))
      metrics.turnSeconds.observe({ kind }, (performance.now() - startedAt) / 1000)
      metrics.turnMessages.observe({ kind }, batch.length)
      deliver(batch, result)
    } catch (error) {
      metrics.turnFailures.inc({ kind, reason: reasonOf(error) })
      await recover(batch, error)
    }
  }

  function deliver(batch: Waiting[], result: TurnResult): void {
    options.wake(result.woken)
    for (const { errand, resolve, reject } of batch) {
      const answer: Answer = result.answers.get(errand) ?? { ok: true, reply: undefined }
      if (answer.ok) resolve(answer.reply)
      else reject(answer.error)
    }
    for (const { letter, error } of result.failed) void spendAttempt(letter.id, error)
    for (const letter of result.unknown) {
      void putOffMail(options.database.query, { letterId: letter.id, reason: `version ${letter.version} is not known here`, delayMs: 60_000 }).catch(noteLoss)
    }
  }

  async function recover(batch: Waiting[], error: unknown): Promise<void> {
    if (error instanceof CommitUnknownError) {
      fail(batch, new AppError('outcome_unknown', { cause: error }))
      return
    }
    if (isConnectionLost(error)) {
      // Everybody would fail alike: one more try on a fresh connection, then nothing was changed and the callers know.
      if (batch.every(({ since }) => performance.now() - since > patienceMs)) fail(batch, new AppError('unavailable', { cause: error }))
      else await later(batch, 100)
      return
    }
    if (batch.length > 1) {
      const middle = batch.length >> 1
      await settle(batch.slice(0, middle))
      await settle(batch.slice(middle))
      return
    }
    const [alone] = batch
    if (alone !== undefined) await recoverAlone(alone, error)
  }

  async function recoverAlone(waiting: Waiting, error: unknown): Promise<void> {
    const { errand } = waiting
    if (isInfrastructureFailure(error) || error instanceof KeyInFlightError) {
      if (errand.form === 'ask' && performance.now() - waiting.since > patienceMs) {
        fail([waiting], new AppError(error instanceof KeyInFlightError ? 'in_flight' : 'unavailable', { cause: error }))
      } else if (errand.form === 'ask') {
        // Back to the end of the queue: a row that somebody else holds does not stall the lane.
        queue.push(waiting)
      } else waiting.resolve(undefined) // The sweep, or the lease's end, brings it again.
      return
    }
    if (errand.form === 'wake' && errand.oneLetter !== true) {
      await settle([{ ...waiting, errand: { ...errand, oneLetter: true } }])
      return
    }
    log.error({ err: error, kind, actor: errand.id }, 'a turn failed')
    if (errand.form === 'wake') await failFirstLetter(errand.id, error)
    if (errand.form === 'outcome') await spendAttempt(errand.letterId, error)
    fail([waiting], error)
  }

  async function failFirstLetter(actorId: string, error: unknown): Promise<void> {
    const [first] = await readMail(options.database.query, kind, [actorId])
    if (first !== undefined) await spendAttempt(first.id, error)
  }

  async function spendAttempt(letterId: number, error: unknown): Promise<void> {
    const reason = error instanceof Error ? `${error.name}: ${error.message.split('\n')[0] ?? ''}` : 'unknown'
    log.error({ err: error, kind, letter: letterId }, 'a message could not be handled')
    const isParked = await failMail(options.database.query, { letterId, reason }, attemptsMax).catch(noteLoss)
    if (isParked === true) metrics.mailParked.inc({ kind })
  }

  const noteLoss = (error: unknown): void => log.warn({ err: error, kind }, 'a failed message could not be marked; the sweep brings it again')

  async function later(batch: Waiting[], delayMs: number): Promise<void> {
    await setTimeout(delayMs * (0.5 + Math.random()))
    await settle(batch)
  }

  function fail(batch: Waiting[], error: unknown): void {
    for (const { errand, resolve, reject } of batch) {
      if (errand.form === 'ask') reject(error)
      else resolve(undefined)
    }
  }

  return {
    run(errand) {
      if (queue.length >= queueMax) {
        return errand.form === 'ask' ? Promise.reject(new AppError('unavailable')) : Promise.resolve(undefined)
      }
      return new Promise((resolve, reject) => {
        queue.push({ errand, since: performance.now(), resolve, reject })
        pump()
      })
    },
    async idle() {
      while (inFlight !== undefined) await inFlight
    },
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof CommitUnknownError) return 'commit_unknown'
  if (isConnectionLost(error)) return 'connection_lost'
  if (error instanceof KeyInFlightError || isInfrastructureFailure(error)) return 'blocked'
  return 'error'
}
