import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Database } from '#db'

/** What a call is to the shop: who only looks waits first. Health, pages and webhooks are never refused. */
export type CallClass = 'browse' | 'buy'
export type Shortage = 'event_loop' | 'pool' | 'calls'

/** Tells when to refuse calls at the door rather than let them wait for what is short. */
export interface Pressure {
  /** What is too short for a call of this class; undefined when it may come in. */
  shortOf(callClass: CallClass): Shortage | undefined
  /** A call has come in. @returns to be called when it is answered */
  enter(): () => void
  close(): void
}

/**
 * How long calls may wait for the event loop and for a connection to Postgres, and how many may be under way, before
 * more of a class are refused. Buyers are refused only where they would run into time-outs.
 */
const limits: Record<CallClass, { loopDelayMs: number; poolWaitMs: number; calls: number }> = {
  browse: { loopDelayMs: 250, poolWaitMs: 250, calls: 500 },
  buy: { loopDelayMs: 1_500, poolWaitMs: 1_500, calls: 5_000 },
}

const sampleEveryMs = 500
const resolutionMs = 10

export function watchPressure({ waitMs }: Pick<Database, 'waitMs'>): Pressure {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  let loopDelayMs = 0
  let calls = 0
  // The mean over the last moment: one long pause does not raise it, a loop that is always late does.
  const sampler = setInterval(() => {
    loopDelayMs = histogram.count === 0 ? 0 : Math.max(0, histogram.mean / 1e6 - resolutionMs)
    histogram.reset()
  }, sampleEveryMs).unref()

  return {
    shortOf(callClass) {
      const limit = limits[callClass]
      if (loopDelayMs > limit.loopDelayMs) return 'event_loop'
      if (calls >= limit.calls) return 'calls'
      return waitMs() > limit.poolWaitMs ? 'pool' : undefined
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
