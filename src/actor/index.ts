export { createActors, type Actors } from './actors.ts'
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
export { parkGone, readableRows, type Readable } from './mailbox.ts'
