export { createActors, type Actors } from './actors.ts'
export {
  RetryLaterError,
  StaleError,
  type ActorKind,
  type DecideContext,
  type Decision,
  type EffectContext,
  type EffectKind,
  type EffectResult,
  type Envelope,
} from './kind.ts'
export {
  deadLetterUnreadable,
  deleteOldDeadLetters,
  dropDeadLetters,
  listDeadLetters,
  retryDeadLetters,
} from './dead-letter.store.ts'
export { countMessages, findMessage, listPending, mailboxBacklog } from './mailbox-view.store.ts'
