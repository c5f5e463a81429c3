export { createActors, type Actors } from './actors.ts'
export { deleteExpiredKeys, idempotencyKey, type IdempotencyKey } from './idempotency.ts'
export {
  PutOff,
  type ActorKind,
  type AnyActorKind,
  type AnyEffectKind,
  type DecideContext,
  type Decision,
  type EffectContext,
  type EffectKind,
  type EffectResult,
  type Mail,
  type Message,
} from './kind.ts'
