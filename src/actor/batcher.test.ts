import { sql } from 'drizzle-orm'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { metrics } from '#telemetry'
import { createTestDatabase, startProxy, waitFor } from '#test'
import { add, openBank, type Bank, type Process } from './bank.fixture.ts'

/** Seeded random numbers between 0 and 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

async function turnsSoFar(): Promise<number> {
  const { values } = await metrics.turnSeconds.get()
  return values.find(({ metricName }) => metricName?.endsWith('_count'))?.value ?? 0
}

async function connect(bank: Bank): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: bank.url, application_name: 'outsider' })
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

/** Turns to run; `TURNS=100000` is the whole proof and takes minutes. */
const turnsWanted = Number(process.env['TURNS'] ?? 1_500)

describe('a batcher', () => {
  test(
    'never deadlocks in thousands of turns: random batches of random actors that share rows, in two processes',
    async () => {
      await using bank = await openBank(await createTestDatabase())
      await bank.query(sql`insert into test_actor.pot (name) select n::text from generate_series(0, 5) n`)
      await bank.query(sql.raw(`alter database ${new URL(bank.url).pathname.slice(1)} set deadlock_timeout = '10ms'`))
      const random = randomOf(20_261_122)
      const pick = (below: number): string => `${Math.floor(random() * below)}`
      const [first, second] = [bank.start({ isWoken: true }), bank.start({ isWoken: true })]
      let notes = 0
      async function customer({ ask }: Process): Promise<void> {
        for (let round = 0; round % 50 > 0 || (await turnsSoFar()) < turnsWanted; round += 1) {
          const note = `${(notes += 1)}`
          const envelope = {
            kind: 'account',
            id: pick(60),
            message: { type: 'share', pots: [pick(6), pick(6)], note: `message ${note}` },
          }
          await ask(
            pick(60),
            random() < 0.5
              ? { type: 'share', pots: [pick(6), pick(6), pick(6)], note }
              : { type: 'add', amount: 0, note, outbox: [envelope] },
          )
        }
      }
      await Promise.all([first, second, first, second, first, second].map(customer))
      await waitFor(
        async () => {
          const left = await bank.query<{ actor: string }>(sql`select distinct actor_id as actor from actor.mailbox`)
          await first.actors.handle(
            'account',
            left.map(({ actor }) => actor),
          )
          return left.length === 0
        },
        { what: 'all messages to be handled' },
      )
      const [sums] = await bank.query<Record<string, number>>(sql`
      select (select count(*) from test_actor.account, unnest(notes) note where note not like 'message%')::int as asked,
        (select sum(amount) from test_actor.pot)::int as pots, (select -sum(balance) from test_actor.account)::int as paid,
        (select deadlocks from pg_stat_database where datname = current_database())::int as deadlocks`)
      expect(sums).toMatchObject({ asked: notes, deadlocks: 0 })
      expect(sums?.pots).toBe(sums?.paid)
      expect(await bank.deadLetters()).toEqual([])
      expect(await turnsSoFar()).toBeGreaterThanOrEqual(turnsWanted)
    },
    60_000 + turnsWanted * 20,
  )

  test('answers its other actors while another transaction locks one', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { ask } = bank.start()
    const ids = Array.from({ length: 100 }, (_, index) => `account ${index}`)
    const countTurns = async (work: () => Promise<unknown>) => {
      const before = await turnsSoFar()
      await work()
      return (await turnsSoFar()) - before
    }
    const unhindered = await countTurns(() => Promise.all(ids.map((id) => ask(id, add(1, 'first')))))
    await using holder = await connect(bank)
    await holder.query('begin')
    await holder.query(`select 1 from test_actor.account where id = 'account 42' for update`)
    const blocked: Promise<unknown>[] = []
    /** Asks all of them in one batch, and waits for those that are not locked. */
    const askAll = (note: string) =>
      Promise.all(
        ids.map(async (id) => {
          const asked = ask(id, add(1, note))
          if (id === 'account 42') blocked.push(asked.catch((error: { code?: string }) => error.code))
          else await asked
        }),
      )
    await askAll('second')
    // The locked actor is in the blocked queue now: no later batch is bisected for it.
    expect(await countTurns(() => askAll('third'))).toBeLessThanOrEqual(unhindered)
    expect(await Promise.all(blocked)).toEqual(['unavailable', 'unavailable'])
    await holder.query('rollback')
    expect(await ask('account 42', add(1, 'free'))).toEqual({ balance: 2, notes: ['first', 'free'] })
  })

  test('waits for a lock that is released in time, and keeps the order of its items', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { ask } = bank.start()
    await ask('a', add(1, '0'))
    await using holder = await connect(bank)
    await holder.query('begin')
    await holder.query(`select 1 from test_actor.account where id = 'a' for update`)
    const waiting = ['1', '2', '3', '4'].map((note) => ask('a', add(1, note)))
    await waitFor(
      async () =>
        (
          await bank.query(
            sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
          )
        ).length > 0,
      { what: 'a turn that waits' },
    )
    await holder.query('rollback')
    await Promise.all(waiting)
    expect((await bank.account('a'))?.notes).toEqual(['0', '1', '2', '3', '4'])
  })

  test('whose connections are killed under load reports the truth to each caller', async () => {
    await using bank = await openBank(await createTestDatabase())
    const [first, second] = [bank.start(), bank.start()]
    const outcomes = new Map<string, string>()
    let isOver = false
    async function customer(index: number): Promise<void> {
      for (let round = 0; !isOver; round += 1) {
        const note = `${index}.${round}`
        outcomes.set(
          note,
          await (index % 2 === 0 ? first : second).ask(`account ${round % 5}`, add(1, note)).then(
            () => 'done',
            (error: { code?: string }) => error.code ?? `${error as Error}`,
          ),
        )
      }
    }
    const customers = Promise.all(Array.from({ length: 16 }, (_, index) => customer(index)))
    await using killer = await connect(bank)
    let killed = 0
    await waitFor(
      async () => {
        const result = await killer.query(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'holdfast' and state <> 'idle'`)
        killed += result.rowCount ?? 0
        return killed >= 60
      },
      { what: '60 connections to be killed' },
    )
    isOver = true
    await customers
    const rows = await bank.query<{ note: string }>(sql`select unnest(notes) as note from test_actor.account`)
    const applied = Map.groupBy(rows, ({ note }) => note)
    for (const [note, outcome] of outcomes) {
      const times = applied.get(note)?.length ?? 0
      if (outcome === 'done') expect(times, `${note} was done`).toBe(1)
      else if (outcome === 'unavailable') expect(times, `${note} was unavailable`).toBe(0)
      else {
        expect(outcome).toBe('outcome_unknown')
        expect(times).toBeLessThanOrEqual(1)
      }
    }
    expect([...outcomes.values()].filter((outcome) => outcome === 'done').length).toBeGreaterThan(100)
  })

  test.each(['refuses', 'swallows'] as const)(
    'answers unavailable in time while Postgres %s connections, and goes on when it is back',
    async (fault) => {
      await using bank = await openBank(await createTestDatabase())
      await using proxy = await startProxy(bank.url)
      const { ask } = bank.start({ url: proxy.urlThrough(bank.url) })
      await ask('a', add(1, 'before'))
      if (fault === 'refuses') proxy.rejectConnections()
      else {
        proxy.blackHole()
        proxy.reset()
      }
      // All end by their own deadline: the fault stays until then.
      const codes = await Promise.all(
        Array.from({ length: 300 }, () => ask('a', add(1, 'during')).catch((error: { code?: string }) => error.code)),
      )
      expect(new Set(codes)).toEqual(new Set(['unavailable']))
      proxy.restore()
      expect(await ask('a', add(1, 'after'))).toEqual({ balance: 2, notes: ['before', 'after'] })
    },
  )

  test('lets running turns finish when it is stopped, and rejects later items', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { ask, actors } = bank.start()
    const asked = Array.from({ length: 300 }, (_, index) => ask(`account ${index % 50}`, add(1, `${index}`)))
    await actors.stop()
    await Promise.all(asked)
    await expect(ask('a', add(1, 'late'))).rejects.toMatchObject({ code: 'unavailable' })
    const [row] = await bank.query<{ sum: number }>(sql`select sum(balance)::int as sum from test_actor.account`)
    expect(row?.sum).toBe(300)
  })
})
