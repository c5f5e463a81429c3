import { setTimeout } from 'node:timers/promises'
import { CommitUnknownError, isConnectionLost, isInfrastructureFailure } from '#db'
import { AppError } from '#errors'
import { metrics, type Logger } from '#telemetry'
import { KeyInFlightError } from './idempotency.ts'
import { failMail, failureReason, MailGoneError, readMail } from './mailbox.ts'
import { attemptsMax, runTurn, type Errand, type TurnOptions, type TurnResult } from './turn.ts'

/** Gathers errands for one kind of actor: while one turn is in flight the next batch collects. No timers: an idle lane starts at once. */
export interface Lane {
  /**
   * @returns the reply of an ask; nothing for others
   * @throws AppError: what `decide` refused; `unavailable` when nothing took effect, `outcome_unknown` when that is not
   * known. A wake never throws: what it could not do is found by the sweep.
   */
  run(errand: Errand): Promise<unknown>
  /** The actor has mail. Resolves when there is none left to handle now. */
  wake(id: string): Promise<void>
  /** Refuses new errands; resolves once nothing is queued or in flight. */
  stop(): Promise<void>
}

export interface LaneOptions extends TurnOptions {
  log: Logger
  /** Tells whoever got mail. Never throws, never waits. */
  wake(woken: readonly { kind: string; id: string }[]): void
}

/** Errands in one turn. */
const batchMax = 128
/** Errands waiting; beyond it they are refused as `unavailable`. */
const queueMax = 5_000
/** Letters of one actor handled in one turn. */
const lettersMax = 64
/** Longest wait for a lock, ms: of a batch, and of its halves when that was too long. */
const lockWaitMs = { batch: 300, half: 50 }
/** How long errands wait for their turn, or for what stands in its way, before they are given up. */
const patienceMs = { ask: 2_000, wake: 2_000, outcome: 10_000 }

interface Waiting {
  errand: Errand
  since: number
  isStarted: boolean
  /** What stood in its way last. */
  blockedBy?: unknown
  resolve(reply: unknown): void
  reject(error: unknown): void
}

/**
 * Two lines: errands that run into a lock which somebody else holds are set aside, with all that follow them to the
 * same actor, so that the others wait for it once, and for less than a second.
 */
export function createLane(options: LaneOptions): Lane {
  const aside = createLine(options)
  const main = createLine(options, aside)
  const wakes = new Map<string, { waiting: Waiting; done: Promise<unknown> }>()
  let isStopping = false

  function enqueue(errand: Errand): { waiting: Waiting; done: Promise<unknown> } {
    const { promise: done, resolve, reject } = Promise.withResolvers<unknown>()
    const waiting: Waiting = { errand, since: performance.now(), isStarted: false, resolve, reject }
    if (isStopping || main.length() + aside.length() >= queueMax) giveUp(waiting)
    else main.push(waiting)
    return { waiting, done }
  }

  return {
    run: (errand) => enqueue(errand).done,
    async wake(id) {
      const known = wakes.get(id)
      // One that has not read its mail yet will see ours too.
      const queued = known?.waiting.isStarted === false ? known : enqueue({ form: 'wake', id, most: lettersMax })
      wakes.set(id, queued)
      await queued.done
      if (wakes.get(id) === queued) wakes.delete(id)
    },
    async stop() {
      isStopping = true
      await main.stop()
      await aside.stop()
    },
  }
}

interface Line {
  push(waiting: Waiting): void
  length(): number
  /** Actors with errands in this line. */
  ids(): Set<string>
  stop(): Promise<void>
}

/** While one turn is in flight the next batch gathers. What is blocked goes to `aside`, or back to the end of this line. */
function createLine(options: LaneOptions, aside?: Line): Line {
  const { database, log } = options
  const { kind } = options.kind
  let queue: Waiting[] = []
  let batch: Waiting[] = []
  let inFlight: Promise<void> | undefined
  let restMs = 0
  let isStopping = false

  function pump(): void {
    if (inFlight !== undefined) return
    batch = cut()
    if (batch.length === 0) return
    inFlight = turnOver(batch).finally(() => {
      inFlight = undefined
      pump()
    })
  }

  function cut(): Waiting[] {
    const apart = aside?.ids()
    const next: Waiting[] = []
    const later: Waiting[] = []
    for (const waiting of queue) {
      if (isLate(waiting)) giveUp(waiting)
      else if (apart?.has(waiting.errand.id)) aside?.push(waiting)
      else (next.length < batchMax ? next : later).push(waiting)
    }
    queue = later
    return next
  }

  async function turnOver(started: Waiting[]): Promise<void> {
    restMs = 0
    for (const waiting of started) waiting.isStarted = true
    try {
      await settle(started, lockWaitMs.batch)
    } catch (error) {
      log.error({ err: error, kind }, 'a lane failed to settle its batch')
      for (const { reject } of started) reject(error)
    }
    if (restMs > 0) await setTimeout(restMs * (0.5 + Math.random()))
  }

  /** Runs a batch; what fails is isolated by halving, so that one bad errand costs its neighbours one bounded retry. */
  async function settle(some: Waiting[], waitMs: number): Promise<void> {
    const startedAt = performance.now()
    try {
      const result = await runTurn(
        options,
        some.map(({ errand }) => errand),
        waitMs,
      )
      metrics.turnSeconds.observe({ kind }, (performance.now() - startedAt) / 1000)
      metrics.turnMessages.observe({ kind }, some.length)
      deliver(some, result)
    } catch (error) {
      metrics.turnFailures.inc({ kind, reason: reasonOf(error) })
      await recover(some, error)
    }
  }

  function deliver(some: Waiting[], { answers, woken, unfinished, failed }: TurnResult): void {
    options.wake(woken)
    for (const waiting of some) {
      const { errand, resolve, reject } = waiting
      const answer = answers.get(errand)
      if (errand.form === 'wake' && unfinished.has(errand.id) && !isStopping)
        queue.push({ ...waiting, since: performance.now() })
      else if (answer?.ok === false) reject(answer.error)
      else resolve(answer?.reply)
    }
    for (const { letter, error, isParked } of failed) noteFailure(letter.id, error, isParked)
  }

  async function recover(some: Waiting[], error: unknown): Promise<void> {
    if (error instanceof CommitUnknownError) return leaveUnknown(some, error)
    for (const waiting of some) waiting.blockedBy = error
    if (isConnectionLost(error)) return retry(some)
    const [alone] = some
    if (alone !== undefined && some.length === 1) return recoverAlone(alone, error)
    const middle = some.length >> 1
    for (const half of [some.slice(0, middle), some.slice(middle)]) {
      const inTime = half.filter((waiting) => !isLate(waiting))
      for (const waiting of half) if (isLate(waiting)) giveUp(waiting)
      if (inTime.length > 0) await settle(inTime, lockWaitMs.half)
    }
  }

  /** Everybody would fail alike: back to the head of the line until their patience is over. */
  function retry(some: Waiting[]): void {
    queue = [...some, ...queue]
    restMs = 100
  }

  /** Either all of it took effect or nothing: the caller must ask again, an outcome is fenced by its lease. */
  function leaveUnknown(some: Waiting[], error: CommitUnknownError): void {
    for (const { errand, resolve, reject } of some) {
      if (errand.form === 'ask') reject(new AppError('outcome_unknown', { cause: error }))
      if (errand.form === 'wake') resolve(undefined)
    }
    retry(some.filter(({ errand }) => errand.form === 'outcome'))
  }

  async function recoverAlone(waiting: Waiting, error: unknown): Promise<void> {
    const { errand, resolve, reject } = waiting
    if (isPassing(error)) {
      if (aside !== undefined) return aside.push(waiting)
      queue.push(waiting)
      restMs = 50
    } else if (errand.form !== 'wake') {
      log.error({ err: error, kind, actor: errand.id }, 'a turn failed')
      reject(error)
    } else if (errand.most > 1) {
      await settle([{ ...waiting, errand: { ...errand, most: 1 } }], lockWaitMs.half)
    } else if (await failFirst(errand.id, error)) queue.push({ ...waiting, since: performance.now() })
    else resolve(undefined)
  }

  /** The letter whose turn failed alone spends an attempt. @returns whether it is out of the way */
  async function failFirst(actorId: string, error: unknown): Promise<boolean> {
    try {
      const [first] = await readMail(database.query, kind, [{ id: actorId, most: 1 }])
      if (first?.isDue !== true) return false
      const isParked = await failMail(database.query, { letterId: first.id, reason: failureReason(error) }, attemptsMax)
      noteFailure(first.id, error, isParked)
      return isParked
    } catch (failure) {
      log.warn({ err: failure, kind }, 'a failed message could not be marked; the sweep brings it again')
      return false
    }
  }

  function noteFailure(letter: number, error: unknown, isParked: boolean): void {
    log.error({ err: error, kind, letter, isParked }, 'a message could not be handled')
    if (isParked) metrics.mailParked.inc({ kind })
  }

  return {
    push(waiting) {
      queue.push(waiting)
      pump()
    },
    length: () => queue.length,
    ids: () => new Set([...batch, ...queue].map(({ errand }) => errand.id)),
    async stop() {
      isStopping = true
      while (inFlight !== undefined) await inFlight
    },
  }
}

const isLate = ({ errand, since }: Waiting): boolean => performance.now() - since > patienceMs[errand.form]

/** Nothing of it took effect. */
function giveUp({ errand, blockedBy, resolve, reject }: Waiting): void {
  if (errand.form === 'wake') resolve(undefined)
  else reject(new AppError(blockedBy instanceof KeyInFlightError ? 'in_flight' : 'unavailable', { cause: blockedBy }))
}

/** The same turn can succeed later, unchanged. */
const isPassing = (error: unknown): boolean =>
  isInfrastructureFailure(error) || error instanceof KeyInFlightError || error instanceof MailGoneError

function reasonOf(error: unknown): string {
  if (error instanceof CommitUnknownError) return 'commit_unknown'
  if (isConnectionLost(error)) return 'connection_lost'
  return isPassing(error) ? 'blocked' : 'error'
}
