import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { openDatabase, type Database } from '#db'
import { AppError } from '#errors'
import type { IdempotencyKey } from '#idempotency'
import { createLog } from '#telemetry'
import { createActors, type ActorKind, type Actors, type EffectContext, type EffectResult } from './index.ts'

/** Test support for the runtime: a bank whose accounts hold a balance and notes and share pots, and one effect. */

const envelope = z.object({
  kind: z.string(),
  id: z.string(),
  message: z.looseObject({ type: z.string() }),
  afterMs: z.number().optional(),
})
export const accountMessage = z.discriminatedUnion('type', [
  /** Adds, notes it and sends messages. Rejected as `order_state` when it would overdraw; fails in SQL beyond 1,000,000. */
  z.object({ type: z.literal('add'), amount: z.int(), note: z.string(), outbox: z.array(envelope).optional() }),
  /** Moves from the account to pots that all share. */
  z.object({ type: z.literal('share'), pots: z.array(z.string()), note: z.string() }),
  z.object({ type: z.literal('remind'), note: z.string() }),
  z.object({ type: z.literal('forget'), note: z.string() }),
  z.object({ type: z.literal('explode') }),
])
export type AccountMessage = z.infer<typeof accountMessage>

type Account = {
  balance: number
  notes: string[]
}
export type AccountReply = Account
type AccountActor = ActorKind<Account, AccountMessage, AccountReply, undefined, string>

const array = (values: readonly string[]): SQL => sql`${sql.param(values)}::text[]`

const account: AccountActor = {
  kind: 'account',
  version: 1,
  reads: [1],
  message: accountMessage,
  async lock(tx, ids) {
    await tx.execute(sql`
      insert into test_actor.account (id) select id from unnest(${array(ids)}) id order by id
      on conflict (id) do update set id = excluded.id`)
  },
  async load(tx, ids) {
    const { rows } = await tx.execute<Account & { id: string }>(
      sql`select id, balance, notes from test_actor.account where id = any(${array(ids)})`,
    )
    return new Map(rows.map(({ id, balance, notes }) => [id, { balance, notes }]))
  },
  async loadShared() {},
  decide(state = { balance: 0, notes: [] }, message, { now }) {
    if (message.type === 'explode') throw new Error('exploded')
    const notes = [...state.notes, message.note]
    switch (message.type) {
      case 'add': {
        const balance = state.balance + message.amount
        if (message.amount < 0 && balance < 0) throw new AppError('order_state')
        const sent = (message.outbox ?? []).map(({ afterMs, ...one }) =>
          afterMs === undefined ? one : { ...one, dueAt: new Date(now.getTime() + afterMs) },
        )
        return { state: { balance, notes }, reply: { balance, notes }, outbox: sent }
      }
      case 'share': {
        const next = { balance: state.balance - message.pots.length, notes }
        return { state: next, reply: next, movements: message.pots }
      }
      case 'remind':
        return { state: { ...state, notes } }
      case 'forget':
        return { state: { ...state, notes }, reply: { ...state, notes }, cancelMessages: ['remind'] }
    }
  },
  applyMovements: () => undefined,
  async save(tx, { states, movements }) {
    const rows = [...states].map(([id, state]) => ({ id, ...state }))
    await tx.execute(sql`
      update test_actor.account a set balance = r.balance, notes = r.notes
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id text, balance int, notes text[]) where a.id = r.id`)
    // Slow between two locks, so that a wrong order soon deadlocks.
    await tx.execute(sql`
      with locked as (
        select name, pg_sleep(0.0005) from (
          select name from test_actor.pot where name = any(${array(movements)}) order by name for no key update) sorted
      )
      update test_actor.pot p set amount = p.amount + r.times
      from locked join (select name, count(*) as times from unnest(${array(movements)}) name group by name) r using (name)
      where p.name = locked.name`)
  },
}

export type Call = (message: { type: 'call'; note: string }, context: EffectContext) => Promise<EffectResult>

export interface ProcessOptions {
  /** The effect's work; by default its note is added to the account of the same id. */
  call?: Call
  /** Versions of the account's messages that this process reads. */
  reads?: readonly number[]
  concurrency?: number
  timeoutMs?: number
  attemptsMax?: number
  /** Whether wake-ups arrive, in this very process. Else they are lost, and `handle` must be called. */
  isWoken?: boolean
  /** Another way to the same database. */
  url?: string
}

export interface Process extends AsyncDisposable {
  actors: Actors
  database: Database
  ask(id: string, message: AccountMessage, key?: IdempotencyKey): Promise<AccountReply>
}

export interface Bank extends AsyncDisposable {
  url: string
  /** An `Actors` with connections of its own, as every process has. */
  start(options?: ProcessOptions): Process
  query<Row extends Record<string, unknown>>(statement: SQL): Promise<Row[]>
  account(id: string): Promise<Account | undefined>
  /** The mailbox, oldest message first. */
  mailbox(): Promise<{ id: number; kind: string; actor: string; attempts: number; tries: number }[]>
  deadLetters(): Promise<{ actor: string; attempts: number; reason: string }[]>
  /** Stores messages as a committed turn would have. */
  send(...messages: { kind?: string; id: string; message: unknown; version?: number }[]): Promise<void>
  /** Makes every message that is retried later due now. */
  hurry(): Promise<void>
}

const log = createLog('silent')

/** Takes the database over. Disposing of it stops its processes first, and fails on connections that they have left open. */
export async function openBank(database: { url: string } & AsyncDisposable): Promise<Bank> {
  const stack = new AsyncDisposableStack()
  const { url } = stack.use(database)
  const own = openDatabase({ url, poolSize: 4, log })
  stack.defer(() => own.close())
  const query: Bank['query'] = async (statement) => (await own.query.execute(statement)).rows as never
  await query(sql`create schema test_actor`)
  await query(sql`create table test_actor.account
    (id text primary key check (id <> 'cursed'), balance int not null default 0 check (balance <= 1000000), notes text[] not null default '{}')`)
  await query(sql`create table test_actor.pot (name text primary key, amount int not null default 0)`)

  const bank: Omit<Bank, typeof Symbol.asyncDispose> = {
    url,
    start: (options = {}) => stack.use(startProcess(options.url ?? url, options)),
    query,
    account: async (id) =>
      (await query<Account & { id: string }>(sql`select balance, notes from test_actor.account where id = ${id}`))[0],
    mailbox: () => query(sql`select id, kind, actor_id as actor, attempts, tries from actor.mailbox order by id`),
    deadLetters: () => query(sql`select actor_id as actor, attempts, reason from actor.dead_letter order by id`),
    async send(...messages) {
      for (const { kind = 'account', id, message, version = 1 } of messages) {
        await query(
          sql`insert into actor.mailbox (kind, actor_id, version, payload) values (${kind}, ${id}, ${version}, ${JSON.stringify(message)}::jsonb)`,
        )
      }
    },
    hurry: async () => void (await query(sql`update actor.mailbox set due_at = now() where tries > 0`)),
  }
  return { ...bank, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function startProcess(url: string, options: ProcessOptions): Process {
  const { call = noteIt, reads = [1], isWoken = false, concurrency = 8, timeoutMs = 5_000, attemptsMax = 3 } = options
  const database = openDatabase({ url, poolSize: 6, log })
  const actors = createActors({
    database,
    log,
    batching: { batchMax: 128, turnsMax: 2 },
    actors: [{ ...account, reads }],
    effects: [
      {
        kind: 'call',
        version: 1,
        reads: [1],
        message: z.object({ type: z.literal('call'), note: z.string() }),
        concurrency,
        timeoutMs,
        attemptsMax,
        run: (message, context) => call(message as never, context),
      },
    ],
    wake: (woken) => {
      if (isWoken) for (const { kind, id } of woken) void actors.handle(kind, [id])
    },
  })
  return {
    actors,
    database,
    ask: (id, message, key) => actors.ask(account, key === undefined ? { id, message } : { id, message, key }),
    async [Symbol.asyncDispose]() {
      await actors.stop()
      await database.close()
    },
  }
}

export const add = (amount: number, note: string): AccountMessage => ({ type: 'add', amount, note })
export const callOf = (id: string, note: string) => ({ kind: 'call', id, message: { type: 'call', note } })
export const noted = (id: string, note: string): EffectResult => ({
  outcome: { kind: 'account', id, message: { ...add(1, note) } },
})
const noteIt: Call = ({ note }, { id }) => Promise.resolve(noted(id, note))
