import type { z } from 'zod'
import type { Queryable } from '#db'

/** A message as its handler sees it: `type` names it, the rest is its body. */
export interface Message {
  readonly type: string
}

/** A message with its recipient (an actor or an effect), sent by the transaction that decides it. */
export interface Envelope {
  kind: string
  id: string
  message: Message & Readonly<Record<string, unknown>>
  /** Durable timer: delivered no earlier than this, by Postgres's clock. Immediately unless given. */
  dueAt?: Date
  /** The same, as a delay from the moment of sending, ms: for senders that do not know Postgres's clock. */
  delayMs?: number
  /** W3C traceparent of the span that sends it. Set by the runtime. */
  traceparent?: string | undefined
}

/** The changes one message makes. An absent field changes nothing. */
export interface Decision<State, Reply, Movement> {
  state?: State
  /** The answer to an `ask`; a message from the mailbox has no caller to answer. */
  reply?: Reply
  /** Transactional outbox: messages sent with the commit of the turn. */
  outbox?: Envelope[]
  /** Changes of rows that many actors share (stock), applied in bulk with the rest of the turn. */
  movements?: Movement[]
  /** Types of this actor's own pending messages to withdraw, such as a deadline that was met. */
  cancelMessages?: string[]
}

export interface DecideContext<Shared> {
  readonly id: string
  /** Postgres's clock at the start of the turn. */
  readonly now: Date
  /** The shared rows as earlier decisions of this batch have left them. */
  readonly shared: Shared
}

/** A recipient of messages: a kind of actor, or of effect. */
export interface MessageKind<Handled extends Message> {
  readonly kind: string
  /** Version written with messages of this kind. A program that does not list it in `reads` leaves the message to others. */
  readonly version: number
  readonly reads: readonly number[]
  readonly message: z.ZodType<Handled>
}

/**
 * A kind of actor. `decide` is pure: it maps state and message to a {@link Decision}. Everything else is SQL in bulk,
 * for a whole batch of actors of this kind. The runtime (turn.ts) fixes the order of the steps and of the statements:
 * `load` is pipelined behind `lock`.
 */
export interface ActorKind<State, Handled extends Message, Reply, Shared, Movement> extends MessageKind<Handled> {
  /** Concurrent turns of this kind in one process: more of them overlap, fewer carry larger batches. The batcher's unless given. */
  readonly turnsMax?: number
  /** Locks the actors' rows in one statement. Ids are sorted. */
  lock(tx: Queryable, ids: readonly string[]): Promise<void>
  /** Loads the states in statements of their own, sent after the locks, so that they see what the lock waited for. */
  load(tx: Queryable, ids: readonly string[]): Promise<Map<string, State>>
  /**
   * Optimistic first, then pessimistic: reads the rows that these messages share with other actors (stock). Without
   * `isLocked` the rows are not locked, so that a hot row is held only from `save` to the commit; `save` throws
   * StaleError when they have changed too much. The turn then runs again with `isLocked`, which locks them in sorted order.
   */
  loadShared(
    tx: Queryable,
    batch: readonly { id: string; state: State | undefined; message: Handled }[],
    options: { isLocked: boolean },
  ): Promise<Shared>
  /**
   * Pure.
   * @throws AppError for a caller's mistake: that caller alone receives it, and nothing takes effect
   */
  decide(state: State | undefined, message: Handled, context: DecideContext<Shared>): Decision<State, Reply, Movement>
  /** Applies movements to this batch's own copy of the shared rows, in place. */
  applyMovements(shared: Shared, movements: readonly Movement[]): void
  /** Writes the changed states and all movements, in bulk; shared rows come last. */
  save(tx: Queryable, changes: Changes<State, Movement>): Promise<void>
}

/** Optimistic concurrency conflict: the rows a turn was decided on have changed. Nothing takes effect, and the turn runs again. */
export class StaleError extends Error {
  override readonly name = 'StaleError'
}

/** The changes of one turn. */
export interface Changes<State, Movement> {
  states: ReadonlyMap<string, State>
  /** The states as they were loaded; a new actor has none. */
  before: ReadonlyMap<string, State>
  movements: readonly Movement[]
  now: Date
}

/** A kind whose own types do not matter to its holder. */
export type AnyActorKind = ActorKind<unknown, Message, unknown, unknown, unknown>

export interface EffectContext {
  readonly id: string
  /** Attempts spent so far; 0 on the first. */
  readonly attempts: number
  /** Times it was retried later for any reason, an unreachable service included. */
  readonly tries: number
  /** Aborts at the deadline of this run. */
  readonly signal: AbortSignal
}

/** The result of an effect. It takes effect in the transaction that deletes the effect's own message. */
export type EffectResult =
  /** Handled by its recipient in that very turn. */
  | { outcome: Envelope }
  /** Sent on; a recurring schedule sends itself, due later. */
  | { outbox: Envelope[] }

/**
 * An outbound call, run outside any transaction under a lease on its message. It may run more than once (lease lost,
 * reply lost), so it must be safe to repeat; its result takes effect once.
 */
export interface EffectKind<Handled extends Message> extends MessageKind<Handled> {
  /** Concurrent runs of this kind in one process. */
  readonly concurrency: number
  /** Longest run, ms; a longer one is abandoned and retried later. */
  readonly timeoutMs: number
  /** Attempts spent before the message is dead-lettered. */
  readonly attemptsMax: number
  run(message: Handled, context: EffectContext): Promise<EffectResult>
}

export type AnyEffectKind = EffectKind<Message>

/** Thrown by an effect that could not be tried, or whose result is unknown: retried later, and no attempt is spent. */
export class RetryLaterError extends Error {
  override readonly name = 'RetryLaterError'
  readonly delayMs: number | undefined

  /** @param options.delayMs delay before the next try; the usual backoff unless given */
  constructor(reason: string, options: { delayMs?: number; cause?: unknown } = {}) {
    super(reason, { cause: options.cause })
    this.delayMs = options.delayMs
  }
}
