import { TRPCError } from '@trpc/server'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Database } from '#db'
import { AppError } from '#errors'
import { createSemaphore } from '#lib/semaphore'
import { metrics } from '#telemetry'

/** Browse traffic is shed before checkout traffic. Health checks, pages and webhooks are never shed. */
export type CallClass = 'browse' | 'checkout'
export type Shortage = 'event_loop' | 'pool' | 'calls' | 'browse_slots'

/** Load shedding: a call is rejected before any work rather than left waiting for a short resource. */
export interface LoadShedder {
  /** The resource that is too short for a call of this class; undefined when the call may proceed. */
  shortageFor(callClass: CallClass): Shortage | undefined
  /** @throws TRPCError SERVICE_UNAVAILABLE before any work was done, else what `work` throws */
  admit<T>(callClass: CallClass, work: () => Promise<T>): Promise<T>
  /** Counts calls as under way, by default one. @returns to be called when they have ended */
  start(count?: number): () => void
  close(): void
}

/**
 * Limits above which calls of a class are rejected: the delay of the event loop, the wait for a connection to Postgres,
 * the number of calls under way. Checkout is rejected only where it would run into its timeout.
 */
const limits: Record<CallClass, { loopDelayMs: number; poolWaitMs: number; calls: number }> = {
  browse: { loopDelayMs: 250, poolWaitMs: 250, calls: 1_000 },
  checkout: { loopDelayMs: 1_500, poolWaitMs: 1_500, calls: 5_000 },
}
/** Bulkhead: the share of the connections to Postgres that browsing may hold. The rest is reserved for checkout. */
const browseShare = 0.6
/** Longest wait of a browse call for a slot of that share, ms. */
const browseMaxWaitMs = 1_000

const sampleEveryMs = 500
const resolutionMs = 10

export interface LoadShedderOptions extends Pick<Database, 'waitMs'> {
  poolSize: number
}

export function createLoadShedder({ waitMs, poolSize }: LoadShedderOptions): LoadShedder {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  const browseSlots = createSemaphore({
    count: Math.max(1, Math.floor(poolSize * browseShare)),
    maxWaitMs: browseMaxWaitMs,
  })
  let loopDelayMs = 0
  let calls = 0
  // The mean of the last interval: one long pause does not raise it, a loop that is always late does.
  const sampler = setInterval(() => {
    loopDelayMs = histogram.count === 0 ? 0 : Math.max(0, histogram.mean / 1e6 - resolutionMs)
    histogram.reset()
  }, sampleEveryMs).unref()

  function shortageFor(callClass: CallClass): Shortage | undefined {
    const limit = limits[callClass]
    if (loopDelayMs > limit.loopDelayMs) return 'event_loop'
    if (calls > limit.calls) return 'calls'
    return waitMs() > limit.poolWaitMs ? 'pool' : undefined
  }

  return {
    shortageFor,
    async admit(callClass, work) {
      const shortage = shortageFor(callClass)
      if (shortage !== undefined) throw rejection(callClass, shortage)
      if (callClass === 'checkout') return work()
      if (!(await browseSlots.acquire())) throw rejection(callClass, 'browse_slots')
      try {
        return await work()
      } finally {
        browseSlots.release()
      }
    },
    start(count = 1) {
      calls += count
      return () => {
        calls -= count
      }
    },
    close() {
      clearInterval(sampler)
      histogram.disable()
    },
  }
}

function rejection(callClass: CallClass, reason: Shortage): TRPCError {
  metrics.loadShed.inc({ class: callClass, reason })
  return new TRPCError({ code: 'SERVICE_UNAVAILABLE', cause: new AppError('unavailable') })
}
