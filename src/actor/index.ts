export { createActors, type Actors } from './actors.ts'
export { dropExpiredReplies, idempotencyKey, type IdempotencyKey } from './idempotency.ts'
export {
  PutOff,
  StaleError,
  type ActorKind,
  type DecideContext,
  type Decision,
  type EffectContext,
  type EffectKind,
  type EffectResult,
  type Mail,
} from './kind.ts'
