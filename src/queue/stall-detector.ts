/**
 * Tells a worker that has gone deaf from one that has nothing to do. Deaf: the queue answers us, the same wake-up
 * waits at its head at every look, and the worker, though it has room, neither takes it nor is refused. A queue that
 * does not answer (Redis stopped, Postgres dead), an idle shop, a worker full of calls that hang, and one that the
 * queue refuses are none of that. Looks are counted, not seconds: a process that was frozen suspects nobody.
 */
export interface QueueObservation {
  /** The wake-up that waits longest; undefined when none waits, null when the queue did not answer. */
  head: string | undefined | null
  /** Wake-ups that the worker has taken so far. */
  taken: number
  /** Refusals that it has met so far. */
  refused: number
  /** It has no room for more. */
  isFull: boolean
}

export type Verdict = 'fine' | 'reopen' | 'hopeless'

export interface StallDetectorOptions {
  /** Looks in a row that find the worker deaf before it is opened anew; twice as many the next time. */
  looksMax: number
  /** Times that it is opened anew in vain before the process is given up. */
  reopensMax: number
}

/** @returns the judge of one worker, to be asked at regular intervals */
export function createStallDetector({
  looksMax,
  reopensMax,
}: StallDetectorOptions): (look: QueueObservation) => Verdict {
  let last: QueueObservation | undefined
  let deafLooks = 0
  let reopens = 0

  return (look) => {
    const isDeaf =
      typeof look.head === 'string' &&
      look.head === last?.head &&
      look.taken === last.taken &&
      look.refused === last.refused &&
      !look.isFull
    if (look.head === undefined || look.taken !== last?.taken) reopens = 0
    last = look
    deafLooks = isDeaf ? deafLooks + 1 : 0
    if (deafLooks < looksMax * 2 ** reopens) return 'fine'
    deafLooks = 0
    if (reopens >= reopensMax) return 'hopeless'
    reopens += 1
    return 'reopen'
  }
}
