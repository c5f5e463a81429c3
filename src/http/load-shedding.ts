import { TRPCError } from '@trpc/server'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Database } from '#db'
import { AppError } from '#errors'
import { createSemaphore } from '#lib/semaphore'
import { metrics } from '#telemetry'

/** What a call is to the shop: who only looks waits first. Health, pages and webhooks are never refused. */
export type CallClass = 'browse' | 'buy'
export type Shortage = 'event_loop' | 'pool' | 'calls' | 'places'

/** Refuses calls at the door rather than let them wait for what is short. */
export interface LoadShedder {
  /** What is too short for a call of this class; undefined when it may come in. */
  shortOf(callClass: CallClass): Shortage | undefined
  /** @throws TRPCError `unavailable`, before any work was done; else what `work` throws */
  admit<T>(callClass: CallClass, work: () => Promise<T>): Promise<T>
  /** A call has come, however it will be answered. @returns to be called when it is */
  enter(): () => void
  close(): void
}

/**
 * How long calls may wait for the event loop and for a connection to Postgres, and how many may be under way, before
 * more of a class are refused. Buyers are refused only where they would run into time-outs.
 */
const limits: Record<CallClass, { loopDelayMs: number; poolWaitMs: number; calls: number }> = {
  browse: { loopDelayMs: 250, poolWaitMs: 250, calls: 1_000 },
  buy: { loopDelayMs: 1_500, poolWaitMs: 1_500, calls: 5_000 },
}
/** The share of the connections to Postgres that browsing may hold: the others are for buying, whoever looks. */
const browseShare = 0.6
/** How long who only looks waits for one of that share, which costs nobody else anything. */
const browsePatienceMs = 1_000

const sampleEveryMs = 500
const resolutionMs = 10

export interface LoadShedderOptions extends Pick<Database, 'waitMs'> {
  poolSize: number
}

export function createLoadShedder({ waitMs, poolSize }: LoadShedderOptions): LoadShedder {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  const places = createSemaphore({
    count: Math.max(1, Math.floor(poolSize * browseShare)),
    maxWaitMs: browsePatienceMs,
  })
  let loopDelayMs = 0
  let calls = 0
  // The mean over the last moment: one long pause does not raise it, a loop that is always late does.
  const sampler = setInterval(() => {
    loopDelayMs = histogram.count === 0 ? 0 : Math.max(0, histogram.mean / 1e6 - resolutionMs)
    histogram.reset()
  }, sampleEveryMs).unref()

  function shortOf(callClass: CallClass): Shortage | undefined {
    const limit = limits[callClass]
    if (loopDelayMs > limit.loopDelayMs) return 'event_loop'
    if (calls > limit.calls) return 'calls'
    return waitMs() > limit.poolWaitMs ? 'pool' : undefined
  }

  return {
    shortOf,
    async admit(callClass, work) {
      const shortage = shortOf(callClass)
      if (shortage !== undefined) throw shed(callClass, shortage)
      if (callClass === 'buy') return work()
      if (!(await places.acquire())) throw shed(callClass, 'places')
      try {
        return await work()
      } finally {
        places.release()
      }
    },
    enter() {
      calls += 1
      return () => {
        calls -= 1
      }
    },
    close() {
      clearInterval(sampler)
      histogram.disable()
    },
  }
}

function shed(callClass: CallClass, reason: Shortage): TRPCError {
  metrics.shed.inc({ class: callClass, reason })
  return new TRPCError({ code: 'SERVICE_UNAVAILABLE', cause: new AppError('unavailable') })
}
