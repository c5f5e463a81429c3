import { sql } from 'drizzle-orm'
import { transaction, type Database } from '#db'
import type { IdempotencyKey } from '#idempotency'
import type { Logger } from '#telemetry'
import { createEffectRunner } from './effect-runner.ts'
import type { AnyActorKind, AnyEffectKind, Decision, Envelope, Message } from './kind.ts'
import { createBatcher, type BatchOptions, type Batcher } from './batcher.ts'
import { sendMessages } from './mailbox.ts'
import { startSweep, type Sweep } from './sweep.ts'

/** What `ask` needs to know of an {@link ActorKind}: its messages and its replies. */
interface Askable<Handled extends Message, Reply> {
  readonly kind: string
  decide(state: never, message: Handled, context: never): Decision<unknown, Reply, unknown>
}

/** The actors of this process: any process may run any actor at any moment, row locks in Postgres keep them apart. */
export interface Actors {
  /**
   * A command from outside, handled in a turn now. With a key its reply must be plain JSON: a replay answers it as stored.
   * @throws AppError: what the actor refused; `unavailable` when nothing took effect; `outcome_unknown` when that is not known
   */
  ask<Handled extends Message, Reply>(
    kind: Askable<Handled, Reply>,
    command: { id: string; message: Handled; key?: IdempotencyKey },
  ): Promise<Reply>
  /** Makes sure that a recurring effect is scheduled: sends this mail unless the actor has some already. */
  schedule(mail: Envelope): Promise<void>
  /** Handles the mail of these actors; resolves when there is none left to handle now. */
  handle(kind: string, ids: readonly string[]): Promise<void>
  /** All kinds, actors and effects, that can have mail. */
  readonly kinds: readonly string[]
  /** Takes up mail whose wake-up was lost, and timers. Worker mode. */
  startSweep(): Sweep
  /** Claims no more effects, waits for turns and effects under way, then refuses what comes. */
  stop(): Promise<void>
}

export interface ActorsOptions {
  database: Database
  log: Logger
  actors: readonly AnyActorKind[]
  effects: readonly AnyEffectKind[]
  batching: BatchOptions
  /** Tells the workers. Never throws, never waits: what is lost is found by the sweep. */
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

  /** A worker goes on by itself with what its own work leads to, while it has room: the queue is for what others begin. */
  function wake(woken: readonly { kind: string; id: string }[], isOwn: boolean): void {
    const here = isOwn ? woken.filter(({ kind }) => runners.get(kind)?.hasRoom() === true) : []
    for (const [kind, rows] of Map.groupBy(here, (one) => one.kind))
      void runners.get(kind)?.run(rows.map(({ id }) => id))
    options.wake(woken.filter((one) => !here.includes(one)))
  }

  async function handle(kind: string, ids: readonly string[]): Promise<void> {
    const runner = runners.get(kind)
    if (runner !== undefined) await runner.run(ids)
    else await Promise.all(ids.map((id) => batcherOf(kind).run({ form: 'wake', id })))
  }

  return {
    kinds: [...versions.keys()],
    handle,
    async ask(kind, { id, message, key }) {
      // The reply is what this kind's decide returned: its type goes with the kind.
      return (await batcherOf(kind.kind).run({ form: 'ask', id, message, key })) as never
    },
    async schedule(mail) {
      await transaction(database, async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`${mail.kind}:${mail.id}`}))`)
        const { rows } = await tx.execute(
          sql`select 1 from actor.mailbox where kind = ${mail.kind} and actor_id = ${mail.id} limit 1`,
        )
        if (rows.length === 0) await sendMessages(tx, [mail], versionOf)
      })
    },
    startSweep: () => startSweep({ database, log, kinds: [...options.actors, ...options.effects], run: handle }),
    async stop() {
      await Promise.all([...runners.values()].map((runner) => runner.stop()))
      await Promise.all([...batchers.values()].map((lane) => lane.stop()))
    },
  }
}

function required<T>(value: T | undefined, kind: string): T {
  if (value === undefined) throw new Error(`no actor or effect of kind ${kind} is registered in app.ts`)
  return value
}
