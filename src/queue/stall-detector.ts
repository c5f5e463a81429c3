/**
 * Stall detection: distinguishes a stalled consumer from an idle one. A consumer is stalled when the queue responds, the
 * same wake-up is the oldest at every observation, and the consumer has capacity but neither consumes nor has a write
 * rejected. An unresponsive queue (Redis stopped, Postgres down), an idle shop, a consumer full of hanging calls and a
 * Redis that rejects writes are no stalls. Observations are counted, not seconds: a process that was frozen finds none.
 */
export interface QueueObservation {
  /** The wake-up that waits longest; undefined when none waits, null when the queue did not respond. */
  oldestWaiting: string | undefined | null
  /** Wake-ups consumed so far. */
  consumed: number
  /** Writes that Redis has rejected so far. */
  writesRejected: number
  /** The consumer runs as many wake-ups as it may. */
  isFull: boolean
}

export type StallVerdict = 'healthy' | 'reopen' | 'give_up'

export interface StallDetectorOptions {
  /** Consecutive stalled observations before the consumer is reopened; doubled after each reopening. */
  observationsMax: number
  /** Reopenings without effect before the consumer is given up. */
  reopensMax: number
}

/** @returns the detector of one consumer, to be called at regular intervals */
export function createStallDetector({
  observationsMax,
  reopensMax,
}: StallDetectorOptions): (observation: QueueObservation) => StallVerdict {
  let last: QueueObservation | undefined
  let stalledObservations = 0
  let reopens = 0

  return (observation) => {
    const isStalled =
      typeof observation.oldestWaiting === 'string' &&
      observation.oldestWaiting === last?.oldestWaiting &&
      observation.consumed === last.consumed &&
      observation.writesRejected === last.writesRejected &&
      !observation.isFull
    if (observation.oldestWaiting === undefined || observation.consumed !== last?.consumed) reopens = 0
    last = observation
    stalledObservations = isStalled ? stalledObservations + 1 : 0
    if (stalledObservations < observationsMax * 2 ** reopens) return 'healthy'
    stalledObservations = 0
    if (reopens >= reopensMax) return 'give_up'
    reopens += 1
    return 'reopen'
  }
}
