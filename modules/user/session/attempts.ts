import { isIPv6 } from 'node:net'
import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import { AppError } from '#errors'

const windowSeconds = 15 * 60

/** Counts attempts by key, in windows of 15 minutes that begin with the first. */
interface AttemptLimit {
  /** Counts one, before its outcome is known: guesses sent at once cannot outrun the count. @throws AppError `too_many_requests`. */
  take(key: string): Promise<void>
  /** Uncounts one that turned out to be no guess. */
  giveBack(key: string): Promise<void>
  forget(key: string): Promise<void>
}

export function createAttemptLimit(name: string, attemptsMax: number): AttemptLimit {
  const counter = openCounter(name, attemptsMax)
  return {
    async take(key) {
      await counter.consume(key).catch((refusal: unknown) => {
        throw refusal instanceof RateLimiterRes ? tooMany(refusal.msBeforeNext) : refusal
      })
    },
    async giveBack(key) {
      await counter.reward(key)
    },
    async forget(key) {
      await counter.delete(key)
    },
  }
}

/** Where counts are kept: in this process, so that N replicas allow up to N times as many. */
function openCounter(name: string, attemptsMax: number): RateLimiterAbstract {
  return new RateLimiterMemory({ keyPrefix: name, points: attemptsMax, duration: windowSeconds })
}

function tooMany(waitMs: number): AppError {
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000))
  return new AppError('too_many_requests', {
    message: `Too many attempts. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
  })
}

/** Who is counted as one: an IPv4 address, or the /64 that one IPv6 customer has to herself. */
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
