export { idempotencyKey, type IdempotencyKey } from './key.ts'
export { dropExpiredReplies, readReplies, storeReplies, type Answer } from './replies.ts'
export { shareAnswers } from './sharing.ts'
