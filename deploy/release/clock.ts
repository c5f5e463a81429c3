import { setTimeout as delay } from 'node:timers/promises'

/** Time of a release, so that a test need not wait for it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): Promise<number>
  sleep(ms: number): Promise<void>
  /** Runs an action each `ms`. @returns what ends it */
  every(ms: number, action: () => void): () => void
}

export const systemClock: Clock = {
  now: async () => Date.now(),
  sleep: (ms) => delay(ms),
  every(ms, action) {
    const timer = setInterval(action, ms)
    return () => clearInterval(timer)
  },
}

/** A duration for people, such as `2 min 5 s`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const rest = seconds % 60
  return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`
}
