export { idempotencyKey, type IdempotencyKey } from './key.ts'
export { dropExpiredReplies, readReplies, storeReplies, type Answer } from './reply.store.ts'
export { singleFlight } from './single-flight.ts'
