export { idempotencyKey, type IdempotencyKey } from './key.ts'
export { truncateExpiredReplies, readReplies, storeReplies, type RequestResult } from './reply.store.ts'
export { singleFlight } from './single-flight.ts'
