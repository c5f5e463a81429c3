import CircuitBreaker from 'opossum'
import { withDeadline } from '#lib/deadline'
import { createSemaphore } from '#lib/semaphore'
import { metrics, type Logger } from '#telemetry'

/** A call to an outside party that did not come to a definite answer. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError'
  /**
   * `unreachable`: nothing was sent, the party did nothing. `unknown`: it may have acted. `failed`: it answered that it
   * failed (5xx), which says nothing certain about what it did.
   */
  readonly reason: 'unreachable' | 'unknown' | 'failed'

  constructor(reason: OutboundError['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** One outside party: its bulkhead, deadline, breaker and metrics. Retries are the mailbox's affair alone. */
export interface ExternalService {
  /**
   * @param work gets a signal that aborts at the deadline of this very call
   * @throws OutboundError `unreachable` while the breaker is open or the bulkhead is full for as long as the deadline is,
   *   `unknown` at the deadline;
   *   else what `work` throws
   */
  call<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
  isOpen(): boolean
  close(): void
}

export interface ExternalServiceOptions {
  name: string
  timeoutMs: number
  /** Calls under way at once. */
  concurrency: number
  /** Calls waiting for a place. */
  waitingMax?: number
  /** An answer that says no (a declined card, a wrong request): the party is well, so the breaker does not count it. */
  isRejection(error: unknown): boolean
  log: Logger
}

export function createExternalService(options: ExternalServiceOptions): ExternalService {
  const { name, timeoutMs, concurrency, waitingMax = 1_000 } = options
  const breaker = new CircuitBreaker((work: () => Promise<unknown>) => work(), {
    name,
    timeout: false,
    volumeThreshold: 10,
    errorThresholdPercentage: 50,
    rollingCountTimeout: 10_000,
    resetTimeout: 2_000,
    errorFilter: (error: unknown) => options.isRejection(error),
  })
  breaker.on('open', () => {
    metrics.breakerState.set({ service: name }, 1)
    options.log.warn({ service: name }, 'too many calls to this party fail: it is left alone and tried again in 2 s')
  })
  breaker.on('close', () => {
    metrics.breakerState.set({ service: name }, 0)
    options.log.info({ service: name }, 'this party answers again')
  })
  const places = createSemaphore({ count: concurrency, waitingMax, maxWaitMs: timeoutMs })
  const late = () => new OutboundError('unknown', `${name} did not answer within ${timeoutMs} ms`)

  return {
    isOpen: () => breaker.opened,
    close: () => breaker.shutdown(),
    async call<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
      const startedAt = performance.now()
      let outcome = 'ok'
      // The bulkhead stands outside the breaker: a full one says nothing about the party's health.
      if (!(await places.acquire())) {
        metrics.outboundSeconds.observe({ service: name, outcome: 'bulkhead' }, 0)
        throw new OutboundError('unreachable', `too many calls to ${name} are waiting`)
      }
      try {
        return (await breaker.fire(() => withDeadline(timeoutMs, work, late))) as T
      } catch (error) {
        outcome = options.isRejection(error) ? 'refused' : error instanceof OutboundError ? error.reason : 'error'
        if (isUntried(error)) {
          outcome = 'breaker_open'
          throw new OutboundError('unreachable', `${name} is not called: ${error.message}`, { cause: error })
        }
        throw error
      } finally {
        places.release()
        metrics.outboundSeconds.observe({ service: name, outcome }, (performance.now() - startedAt) / 1000)
      }
    },
  }
}

/** The breaker is open, or was closed for good when the process ends. */
const isUntried = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && (error.code === 'EOPENBREAKER' || error.code === 'ESHUTDOWN')
