import { setTimeout } from 'node:timers/promises'
import { CommitUnknownError, isConnectionLost, isInfrastructureFailure } from '#db'
import { AppError } from '#errors'
import { metrics, type Logger } from '#telemetry'
import { KeyTakenError } from './idempotency.ts'
import { StaleError } from './kind.ts'
import { failMail, failureReason, MailGoneError, readMail } from './mailbox.ts'
import { attemptsMax, InFlightError, runTurn, type Errand, type TurnOptions, type TurnResult } from './turn.ts'

/** Gathers errands for one kind of actor: while turns are in flight the next batch collects. No timers: an idle lane starts at once. */
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

/** How a lane gathers. Tuned by `npm run bench -- place`. */
export interface Gathering {
  /** Errands in one turn. 1: every errand has a transaction of its own. */
  batchMax: number
  /** Turns in flight at once: while one waits for Postgres another is prepared. */
  turnsMax: number
}

export interface LaneOptions extends TurnOptions {
  log: Logger
  gathering: Gathering
  /** Tells whoever got mail. Never throws, never waits. */
  wake(woken: readonly { kind: string; id: string }[]): void
}

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
  const aside = createLine({ ...options, gathering: { ...options.gathering, turnsMax: 1 } })
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

/** What is blocked goes to `aside`, or back to the end of this line. */
function createLine(options: LaneOptions, aside?: Line): Line {
  const { database, log, gathering } = options
  const { kind } = options.kind
  let queue: Waiting[] = []
  /** Actors of the turns in flight: a second turn would only wait for their locks. */
  const busy = new Set<string>()
  const inFlight = new Set<Promise<void>>()
  let isStopping = false

  function pump(): void {
    while (inFlight.size < gathering.turnsMax) {
      const batch = cut()
      if (batch.length === 0) return
      const ids = batch.map(({ errand }) => errand.id)
      for (const id of ids) busy.add(id)
      const turn = turnOver(batch).finally(() => {
        inFlight.delete(turn)
        for (const id of ids) busy.delete(id)
        pump()
      })
      inFlight.add(turn)
    }
  }

  /** The next batch: in the order they came, each actor's own order kept. */
  function cut(): Waiting[] {
    const apart = aside?.ids()
    const next: Waiting[] = []
    const later: Waiting[] = []
    for (const waiting of queue) {
      const { id } = waiting.errand
      if (isLate(waiting)) giveUp(waiting)
      else if (apart?.has(id) === true) aside?.push(waiting)
      else (next.length < gathering.batchMax && !busy.has(id) ? next : later).push(waiting)
    }
    queue = later
    return next
  }

  async function turnOver(batch: Waiting[]): Promise<void> {
    for (const waiting of batch) waiting.isStarted = true
    try {
      const restMs = await settle(batch, lockWaitMs.batch)
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
  async function settle(some: Waiting[], waitMs: number, isFirm = false): Promise<number> {
    const startedAt = performance.now()
    try {
      const result = await runTurn(
        options,
        some.map(({ errand }) => errand),
        { lockWaitMs: waitMs, isFirm },
      )
      metrics.turnSeconds.observe({ kind }, (performance.now() - startedAt) / 1000)
      metrics.turnMessages.observe({ kind }, some.length)
      deliver(some, result)
      return 0
    } catch (error) {
      metrics.turnFailures.inc({ kind, reason: reasonOf(error) })
      return error instanceof StaleError && !isFirm ? settle(some, waitMs, true) : recover(some, error)
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

  async function recover(some: Waiting[], error: unknown): Promise<number> {
    if (error instanceof CommitUnknownError) return leaveUnknown(some, error)
    for (const waiting of some) waiting.blockedBy = error
    if (isConnectionLost(error)) return retry(some)
    const [alone] = some
    if (alone !== undefined && some.length === 1) return recoverAlone(alone, error)
    const middle = some.length >> 1
    let restMs = 0
    for (const half of [some.slice(0, middle), some.slice(middle)]) {
      for (const waiting of half) if (isLate(waiting)) giveUp(waiting)
      const inTime = half.filter((waiting) => !isLate(waiting))
      if (inTime.length > 0) restMs = Math.max(restMs, await settle(inTime, lockWaitMs.half))
    }
    return restMs
  }

  /** Everybody would fail alike: back to the head of the line until their patience is over. */
  function retry(some: Waiting[]): number {
    queue = [...some, ...queue]
    return 100
  }

  /** Either all of it took effect or nothing: the caller must ask again, an outcome is fenced by its lease. */
  function leaveUnknown(some: Waiting[], error: CommitUnknownError): number {
    for (const { errand, resolve, reject } of some) {
      if (errand.form === 'ask') reject(new AppError('outcome_unknown', { cause: error }))
      if (errand.form === 'wake') resolve(undefined)
    }
    return retry(some.filter(({ errand }) => errand.form === 'outcome'))
  }

  async function recoverAlone(waiting: Waiting, error: unknown): Promise<number> {
    const { errand, resolve, reject } = waiting
    if (isPassing(error)) {
      if (aside !== undefined) aside.push(waiting)
      else queue.push(waiting)
      return aside === undefined ? 50 : 0
    }
    if (errand.form !== 'wake') {
      log.error({ err: error, kind, actor: errand.id }, 'a turn failed')
      reject(error)
    } else if (errand.most > 1) {
      return settle([{ ...waiting, errand: { ...errand, most: 1 } }], lockWaitMs.half)
    } else if (await failFirst(errand.id, error)) queue.push({ ...waiting, since: performance.now() })
    else resolve(undefined)
    return 0
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
    ids: () => new Set([...busy, ...queue.map(({ errand }) => errand.id)]),
    async stop() {
      isStopping = true
      while (inFlight.size > 0) await Promise.all(inFlight)
    },
  }
}

const isLate = ({ errand, since }: Waiting): boolean => performance.now() - since > patienceMs[errand.form]

/** Nothing of it took effect. */
function giveUp({ errand, blockedBy, resolve, reject }: Waiting): void {
  if (errand.form === 'wake') resolve(undefined)
  else reject(new AppError(isInFlight(errand, blockedBy) ? 'in_flight' : 'unavailable', { cause: blockedBy }))
}

const isInFlight = (errand: Errand, blockedBy: unknown): boolean =>
  errand.form === 'ask' && errand.key !== undefined && blockedBy instanceof InFlightError

/** The same turn can succeed later, unchanged. */
const isPassing = (error: unknown): boolean =>
  isInfrastructureFailure(error) || error instanceof KeyTakenError || error instanceof MailGoneError

function reasonOf(error: unknown): string {
  if (error instanceof CommitUnknownError) return 'commit_unknown'
  if (isConnectionLost(error)) return 'connection_lost'
  if (error instanceof StaleError) return 'stale'
  return isPassing(error) ? 'blocked' : 'error'
}
