export { createActors, type Actors } from './actors.ts'
export { deleteExpiredKeys, idempotencyKey, type IdempotencyKey } from './idempotency.ts'
export {
  PutOff,
  type ActorKind,
  type DecideContext,
  type Decision,
  type EffectContext,
  type EffectKind,
  type EffectResult,
  type Mail,
} from './kind.ts'
export { countMail, deleteOldParked, dropParked, findLetter, listParked, listWaiting, retryParked } from './parked.ts'
