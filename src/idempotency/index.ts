export { idempotencyKey, type IdempotencyKey } from './key.ts'
export { dropExpiredReplies, readReplies, storeReplies } from './replies.ts'
export { shareAnswers } from './sharing.ts'
