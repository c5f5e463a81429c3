import type { Database } from '#db'
import { sampleMailboxMetrics } from '#platform'
import { metrics } from '#telemetry'

/** Liveness of a worker process: its sweep makes progress whenever Postgres responds. */
export interface Liveness {
  /** False while the sweep is stuck although Postgres responds. */
  isSweeping(): boolean
  stop(): void
}

/** Consecutive rounds in which Postgres responds and the sweep makes no progress. */
const stuckRoundsMax = 6

export interface LivenessOptions {
  database: Database
  sweep: { lastAt(): number }
  /** Interval between rounds, ms; default 10,000. */
  everyMs?: number
}

/**
 * Samples the mailbox metrics in each round, and thereby finds out whether Postgres responds. Rounds are counted, not
 * seconds: a Postgres that was away, or a process that was frozen, makes no sweep stuck.
 */
export function watchLiveness({ database, sweep, everyMs = 10_000 }: LivenessOptions): Liveness {
  let lastAt = sweep.lastAt()
  let stuckRounds = 0
  let isSampling = false

  async function sample(): Promise<void> {
    if (isSampling) return
    isSampling = true
    const hasResponded = await sampleMailboxMetrics(database).then(
      () => true,
      () => false,
    )
    isSampling = false
    const at = sweep.lastAt()
    stuckRounds = hasResponded && at === lastAt ? stuckRounds + 1 : 0
    lastAt = at
    metrics.sweepAgeSeconds.set(Math.max(0, Date.now() - at) / 1000)
  }

  const timer = setInterval(() => void sample(), everyMs)
  void sample()
  return {
    isSweeping: () => stuckRounds < stuckRoundsMax,
    stop: () => clearInterval(timer),
  }
}
