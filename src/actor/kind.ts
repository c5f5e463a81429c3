import type { z } from 'zod'
import type { Queryable } from '#db'

/** A message as its handler sees it: `type` names it, the rest is its body. */
export interface Message {
  readonly type: string
}

/** A message for an actor or an effect, sent by the transaction that decides it. */
export interface Envelope {
  kind: string
  id: string
  message: Message & Readonly<Record<string, unknown>>
  /** Not before then, on Postgres's clock: a durable timer. Now unless given. */
  dueAt?: Date
  /** The same, as a wait from the moment it is sent: for senders who do not know Postgres's clock. */
  delayMs?: number
}

/** What one message changes. Whatever is left out stays as it is. */
export interface Decision<State, Reply, Movement> {
  state?: State
  /** The answer to an `ask`; mail has nobody to answer. */
  reply?: Reply
  outbox?: Envelope[]
  /** Changes of rows that many actors share (stock), applied in bulk with the rest of the turn. */
  movements?: Movement[]
  /** Types of this actor's own mail that need not come any more, such as a deadline that was met. */
  cancelMessages?: string[]
}

export interface DecideContext<Shared> {
  readonly id: string
  /** Postgres's clock at the start of the turn. */
  readonly now: Date
  /** The shared rows as this batch has left them so far. */
  readonly shared: Shared
}

/** Who can have mail: a kind of actor, or of effect. */
export interface MessageKind<Handled extends Message> {
  readonly kind: string
  /** Version written with mail of this kind; a reader that does not list it puts the mail off. */
  readonly version: number
  readonly reads: readonly number[]
  readonly message: z.ZodType<Handled>
}

/**
 * A kind of actor. `decide` is pure: it sees state and message and returns what changes; everything else is SQL in
 * bulk for a whole batch of actors of this kind. The order of the steps is the runtime's (turn.ts), and so are the
 * statements': `load` is sent behind `lock` without waiting for its answer.
 */
export interface ActorKind<State, Handled extends Message, Reply, Shared, Movement> extends MessageKind<Handled> {
  /** Turns of this kind in flight at once: more overlap, fewer are fuller. As the process is set unless given. */
  readonly turnsMax?: number
  /** Locks the actors' rows, given in sorted order; one statement. */
  lock(tx: Queryable, ids: readonly string[]): Promise<void>
  /** Loads the states, after the locks and in statements of their own, so that they see what the lock waited for. */
  load(tx: Queryable, ids: readonly string[]): Promise<Map<string, State>>
  /**
   * Reads the rows that these messages share with other actors (stock). They are not locked, so that what everybody
   * wants is held only from `save` to the commit; `save` throws StaleError when they turn out to have changed too much,
   * and the turn is run again with `isFirm`: then they are locked, in sorted order.
   */
  loadShared(
    tx: Queryable,
    batch: readonly { id: string; state: State | undefined; message: Handled }[],
    options: { isLocked: boolean },
  ): Promise<Shared>
  /**
   * Pure.
   * @throws AppError for a caller's mistake: that caller alone is told, nothing of it takes effect.
   */
  decide(state: State | undefined, message: Handled, context: DecideContext<Shared>): Decision<State, Reply, Movement>
  /** Applies movements to the shared rows as this batch sees them: its own copy, changed in place. */
  applyMovements(shared: Shared, movements: readonly Movement[]): void
  /** Writes the changed states and all movements, in bulk. */
  save(tx: Queryable, changes: Changes<State, Movement>): Promise<void>
}

/** What the turn was decided on does not hold any more: nothing of it takes effect, and it is run again. */
export class StaleError extends Error {
  override readonly name = 'StaleError'
}

/** What a turn has changed. */
export interface Changes<State, Movement> {
  states: ReadonlyMap<string, State>
  /** As they were loaded; absent: it is new. */
  before: ReadonlyMap<string, State>
  movements: readonly Movement[]
  now: Date
}

/** A kind whose own types do not matter to who holds it. */
export type AnyActorKind = ActorKind<unknown, Message, unknown, unknown, unknown>

export interface EffectContext {
  readonly id: string
  /** Attempts spent so far; 0 on the first. */
  readonly attempts: number
  /** Times it was put off for any reason, an unreachable party included. */
  readonly tries: number
  /** Aborts when the effect has used up its time. */
  readonly signal: AbortSignal
}

/** What an effect came to; it takes effect in the transaction that deletes the effect's own letter. */
export type EffectResult =
  /** Handled by that actor in this very turn. */
  | { outcome: Envelope }
  /** Sent on; a recurring schedule sends itself, due later. */
  | { outbox: Envelope[] }

/**
 * A call to the outside, run outside any transaction while the message is leased. It may run more than once (lease
 * lost, reply lost), so it must be safe to repeat; what it returns takes effect once.
 */
export interface EffectKind<Handled extends Message> extends MessageKind<Handled> {
  /** Effects of this kind under way at once in one process. */
  readonly concurrency: number
  /** Longest run, ms; then it is left behind and tried again. */
  readonly timeoutMs: number
  /** Attempts spent before the message is parked. */
  readonly attemptsMax: number
  run(message: Handled, context: EffectContext): Promise<EffectResult>
}

export type AnyEffectKind = EffectKind<Message>

/** An effect throws this when it could not be tried or its result is not known: put off, no attempt spent. */
export class RetryLaterError extends Error {
  override readonly name = 'PutOff'
  readonly delayMs: number | undefined

  /** @param delayMs wait before the next try; the usual backoff unless given. */
  constructor(reason: string, options: { delayMs?: number; cause?: unknown } = {}) {
    super(reason, { cause: options.cause })
    this.delayMs = options.delayMs
  }
}
