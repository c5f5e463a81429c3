export { networkOf, truncatedNetwork } from './network.ts'
export { createRateLimits, type RateLimit, type RateLimits } from './rate-limits.ts'
export { consumeOrReject } from './rejection.ts'
