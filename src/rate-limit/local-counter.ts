import { LRUCache } from 'lru-cache'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Counter, RateLimitDefinition } from './rate-limits.ts'

/** Keys that one limit counts in a process; the least recently counted one is forgotten for another. */
export const localKeysMax = 10_000

/** Counts in this process. Bounded: requests from ever new networks cannot fill its memory. */
export function createLocalCounter({ points, seconds }: RateLimitDefinition): Counter {
  const counter = new RateLimiterMemory({ points, duration: seconds })
  const known = new LRUCache<string, true>({
    max: localKeysMax,
    dispose: (_, key) => void counter.delete(key),
    noDisposeOnSet: true,
  })
  return {
    consume(key, asked) {
      known.set(key, true)
      return counter.consume(key, asked)
    },
    get: (key) => counter.get(key),
    reward: (key, spent) => counter.reward(key, spent),
    async delete(key) {
      known.delete(key)
      return counter.delete(key)
    },
  }
}
