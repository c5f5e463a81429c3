import CircuitBreaker from 'opossum'
import { withDeadline } from '#lib/deadline'
import { createSemaphore } from '#lib/semaphore'
import { inSpan, metrics, type Logger } from '#telemetry'

/** A call to an external service that gave no definite result. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError'
  /**
   * `unreachable`: nothing was sent. `unknown`: the service may have acted. `failed`: the service reported a failure
   * (5xx), after which it may have acted too.
   */
  readonly reason: 'unreachable' | 'unknown' | 'failed'

  constructor(reason: OutboundError['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/**
 * An external service behind a bulkhead, a deadline per call and a circuit breaker, with metrics. Retries belong to the
 * mailbox.
 */
export interface ExternalService {
  /**
   * @param work receives a signal that aborts at the deadline of this call
   * @throws OutboundError `unreachable` while the breaker is open, or when the bulkhead stays full for `timeoutMs`;
   *   `unknown` at the deadline; otherwise the error of `work`
   */
  call<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** Whether the breaker is open. */
  isOpen(): boolean
  close(): void
}

export interface ExternalServiceOptions {
  name: string
  timeoutMs: number
  /** Concurrent calls: the size of the bulkhead. */
  concurrency: number
  /** Calls that may wait for the bulkhead. Default: 1,000. */
  waitingMax?: number
  /** A rejection (a declined card, an invalid request) comes from a healthy service: the breaker does not count it. */
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
  metrics.breakerState.set({ service: name }, 0)
  breaker.on('open', () => {
    metrics.breakerState.set({ service: name }, 1)
    options.log.warn({ service: name }, 'too many calls to this service fail; the breaker is open, next attempt in 2 s')
  })
  breaker.on('close', () => {
    metrics.breakerState.set({ service: name }, 0)
    options.log.info({ service: name }, 'this service works again; the breaker is closed')
  })
  const bulkhead = createSemaphore({ count: concurrency, waitingMax, maxWaitMs: timeoutMs })
  const late = () => new OutboundError('unknown', `${name} did not respond within ${timeoutMs} ms`)

  return {
    isOpen: () => breaker.opened,
    close: () => breaker.shutdown(),
    async call<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
      const startedAt = performance.now()
      let outcome = 'ok'
      // The bulkhead is outside the breaker: a full one says nothing about the health of the service.
      if (!(await bulkhead.acquire())) {
        metrics.outboundSeconds.observe({ service: name, outcome: 'bulkhead' }, 0)
        throw new OutboundError('unreachable', `too many calls to ${name} are waiting`)
      }
      try {
        return (await inSpan(`call ${name}`, { kind: 'client', attributes: { 'peer.service': name } }, () =>
          breaker.fire(() => withDeadline(timeoutMs, work, late)),
        )) as T
      } catch (error) {
        outcome = options.isRejection(error) ? 'rejected' : error instanceof OutboundError ? error.reason : 'error'
        if (isNotCalled(error)) {
          outcome = 'breaker_open'
          throw new OutboundError('unreachable', `${name} was not called: ${error.message}`, { cause: error })
        }
        throw error
      } finally {
        bulkhead.release()
        metrics.outboundSeconds.observe({ service: name, outcome }, (performance.now() - startedAt) / 1000)
      }
    },
  }
}

/** The breaker is open, or was shut down because the process ends. */
const isNotCalled = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && (error.code === 'EOPENBREAKER' || error.code === 'ESHUTDOWN')
