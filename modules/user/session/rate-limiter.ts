import { isIPv6 } from 'node:net'
import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import { AppError } from '#errors'

const windowSeconds = 15 * 60

/** Rate limiter: counts attempts per key in fixed windows of 15 minutes, which begin with the first attempt. */
interface RateLimiter {
  /**
   * Counts an attempt before its result is known, so that concurrent guesses cannot exceed the limit.
   * @throws AppError `too_many_requests`
   */
  consume(key: string): Promise<void>
  /** Uncounts an attempt that was no guess. */
  restore(key: string): Promise<void>
  /** Uncounts all attempts of the key. */
  reset(key: string): Promise<void>
}

export function createRateLimiter(name: string, attemptsMax: number): RateLimiter {
  const counter = createCounter(name, attemptsMax)
  return {
    async consume(key) {
      await counter.consume(key).catch((rejection: unknown) => {
        throw rejection instanceof RateLimiterRes ? tooManyRequests(rejection.msBeforeNext) : rejection
      })
    },
    async restore(key) {
      await counter.reward(key)
    },
    async reset(key) {
      await counter.delete(key)
    },
  }
}

/** Counts are kept in this process: N replicas allow up to N times as many attempts. */
function createCounter(name: string, attemptsMax: number): RateLimiterAbstract {
  return new RateLimiterMemory({ keyPrefix: name, points: attemptsMax, duration: windowSeconds })
}

function tooManyRequests(waitMs: number): AppError {
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000))
  return new AppError('too_many_requests', {
    message: `Too many attempts. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
  })
}

/** The key of a client's network: its IPv4 address, or its IPv6 /64, which belongs to one customer. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [start = [], end = []] = (address.split('%')[0] ?? '')
    .split('::')
    .map((part) => part.split(':').filter(Boolean))
  const groups = [...start, ...Array<string>(Math.max(0, 8 - start.length - end.length)).fill('0'), ...end]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
