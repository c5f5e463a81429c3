import { sql } from 'drizzle-orm'
import { transaction, type Database } from '#db'
import type { IdempotencyKey } from '#idempotency'
import { activeTraceparent, type Logger } from '#telemetry'
import { createBatcher, type Batcher, type BatchOptions } from './batcher.ts'
import { createEffectRunner } from './effect-runner.ts'
import type { AnyActorKind, AnyEffectKind, Decision, Envelope, Message } from './kind.ts'
import { sendMessages } from './mailbox.ts'
import { startSweep, type Sweep } from './sweep.ts'

/** The part of an {@link ActorKind} that `ask` needs: its messages and replies. */
interface Askable<Handled extends Message, Reply> {
  readonly kind: string
  decide(state: never, message: Handled, context: never): Decision<unknown, Reply, unknown>
}

/** The actors of this process. Any process may run any actor at any moment: row locks in Postgres serialise them. */
export interface Actors {
  /**
   * Request and reply: a command from outside, handled in a turn now. With an idempotency key the reply must be plain
   * JSON, since a repeated command returns it as stored.
   * @throws AppError: the actor's rejection; `unavailable` when nothing took effect; `outcome_unknown` when that is not known
   */
  ask<Handled extends Message, Reply>(
    kind: Askable<Handled, Reply>,
    command: { id: string; message: Handled; key?: IdempotencyKey },
  ): Promise<Reply>
  /** Schedules a recurring effect: sends its message unless its actor has a pending one. */
  schedule(envelope: Envelope): Promise<void>
  /** Handles the messages of these actors; resolves when none is left to handle now. */
  handle(kind: string, ids: readonly string[]): Promise<void>
  /** All kinds of actors and effects. */
  readonly kinds: readonly string[]
  /** Worker mode: delivers timers, and messages whose wake-up was lost. */
  startSweep(): Sweep
  /** Leases no more effects, waits for running turns and effects, then rejects further work. */
  stop(): Promise<void>
}

export interface ActorsOptions {
  database: Database
  log: Logger
  actors: readonly AnyActorKind[]
  effects: readonly AnyEffectKind[]
  batching: BatchOptions
  /** Wakes the workers. Never throws, never waits: the sweep delivers what is lost. */
  wake(woken: readonly { kind: string; id: string }[]): void
}

export function createActors(options: ActorsOptions): Actors {
  const { database, log } = options
  const versions = new Map([...options.actors, ...options.effects].map(({ kind, version }) => [kind, version]))
  const versionOf = (kind: string): number => required(versions.get(kind), kind)

  const batcherOf = (kind: string): Batcher => required(batchers.get(kind), kind)
  const shared = { database, log, batching: options.batching, versionOf, batcherOf, wake }
  const batchers = new Map(options.actors.map((kind) => [kind.kind, createBatcher({ ...shared, kind })]))
  const runners = new Map(options.effects.map((kind) => [kind.kind, createEffectRunner({ ...shared, kind })]))

  /** Effects that this process's own work leads to start here while there is room; the queue carries the rest. */
  function wake(woken: readonly { kind: string; id: string }[], isOwn: boolean): void {
    const local = isOwn ? woken.filter(({ kind }) => runners.get(kind)?.hasRoom() === true) : []
    for (const [kind, rows] of Map.groupBy(local, (one) => one.kind))
      void runners.get(kind)?.run(rows.map(({ id }) => id))
    options.wake(woken.filter((one) => !local.includes(one)))
  }

  async function handle(kind: string, ids: readonly string[]): Promise<void> {
    const runner = runners.get(kind)
    if (runner !== undefined) await runner.run(ids)
    else await Promise.all(ids.map((id) => batcherOf(kind).run({ type: 'wake', id })))
  }

  return {
    kinds: [...versions.keys()],
    handle,
    async ask(kind, { id, message, key }) {
      // The reply is the value that this kind's decide returned: its type is the kind's.
      const traceparent = activeTraceparent()
      return (await batcherOf(kind.kind).run({ type: 'ask', id, message, key, traceparent })) as never
    },
    async schedule(envelope) {
      const { kind, id } = envelope
      await transaction(database, async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`${kind}:${id}`}))`)
        const { rows } = await tx.execute(
          sql`select 1 from actor.mailbox where kind = ${kind} and actor_id = ${id} limit 1`,
        )
        if (rows.length === 0) await sendMessages(tx, [envelope], versionOf)
      })
    },
    startSweep: () => startSweep({ database, log, kinds: [...options.actors, ...options.effects], run: handle }),
    async stop() {
      await Promise.all([...runners.values()].map((runner) => runner.stop()))
      await Promise.all([...batchers.values()].map((batcher) => batcher.stop()))
    },
  }
}

function required<T>(value: T | undefined, kind: string): T {
  if (value === undefined) throw new Error(`no actor or effect of kind ${kind} is registered in app.ts`)
  return value
}
