import { sql } from 'drizzle-orm'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createTestDatabase, waitFor } from '#test'
import { callOf, noted, openBank, type Bank } from './bank.fixture.ts'
import { RetryLaterError } from './index.ts'

/** Latch: a call that waits until it is opened. */
function latch() {
  const started = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  return { started: started.promise, open: () => opened.resolve(), pass: () => (started.resolve(), opened.promise) }
}

const letLeasesRunOut = (bank: Bank) =>
  bank.query(sql`update actor.mailbox set leased_until = now() - interval '1 second' where lease is not null`)

afterEach(() => void vi.useRealTimers())

describe('an effect', () => {
  test('runs outside any transaction, and its outcome takes effect once, in order', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors } = bank.start()
    await bank.send(callOf('a', 'one'), callOf('a', 'two'), callOf('b', 'other'))
    await actors.handle('call', ['a', 'b', 'a', 'nobody'])
    expect((await bank.account('a'))?.notes).toEqual(['one', 'two'])
    expect((await bank.account('b'))?.notes).toEqual(['other'])
    expect(await bank.mailbox()).toEqual([])
  })

  test('run by two processes concurrently applies each outcome once, one of an actor at a time', async () => {
    await using bank = await openBank(await createTestDatabase())
    const running = new Set<string>()
    const call = async ({ note }: { note: string }, { id }: { id: string }) => {
      if (running.has(id)) throw new Error(`two effects of ${id} run concurrently`)
      running.add(id)
      await new Promise(setImmediate)
      running.delete(id)
      return noted(id, note)
    }
    const processes = [bank.start({ call }), bank.start({ call })]
    const ids = Array.from({ length: 40 }, (_, index) => `account ${index}`)
    for (const note of ['1', '2', '3']) await bank.send(...ids.map((id) => callOf(id, note)))
    await Promise.all([...processes, ...processes].map(({ actors }) => actors.handle('call', ids)))
    await waitFor(async () => (await bank.mailbox()).length === 0, { what: 'all effects' })
    for (const id of ids) expect((await bank.account(id))?.notes).toEqual(['1', '2', '3'])
  })

  test('whose lease ran out while it was frozen cannot apply its outcome', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { started, open, pass } = latch()
    const zombie = bank.start({ call: async (_, { id }) => (await pass(), noted(id, 'zombie')) })
    const healthy = bank.start({ call: async (_, { id }) => noted(id, 'healthy') })
    await bank.send(callOf('a', ''))
    const frozen = zombie.actors.handle('call', ['a'])
    await started
    await healthy.actors.handle('call', ['a'])
    expect(await bank.account('a')).toBeUndefined()
    await letLeasesRunOut(bank)
    await healthy.actors.handle('call', ['a'])
    open()
    await frozen
    expect((await bank.account('a'))?.notes).toEqual(['healthy'])
  })

  test('whose lease was taken over applies neither its outcome nor its outbox nor its failure', async () => {
    await using bank = await openBank(await createTestDatabase())
    const [first, second] = [latch(), latch()]
    const zombie = bank.start({ call: async (_, { id }) => (await first.pass(), { outbox: [callOf(id, 'zombie')] }) })
    const failing = bank.start({ call: async () => (await second.pass(), Promise.reject(new Error('zombie'))) })
    const third = latch()
    const healthy = bank.start({ call: async (_, { id }) => (await third.pass(), noted(id, 'healthy')) })
    await bank.send(callOf('a', ''))
    const runs: Promise<void>[] = []
    for (const [{ actors }, { started }] of [
      [zombie, first],
      [failing, second],
      [healthy, third],
    ] as const) {
      runs.push(actors.handle('call', ['a']))
      await started
      if (runs.length < 3) await letLeasesRunOut(bank)
    }
    first.open()
    second.open()
    await Promise.all(runs.slice(0, 2))
    expect(await bank.mailbox()).toMatchObject([{ attempts: 0, tries: 0 }])
    third.open()
    await runs[2]
    expect((await bank.account('a'))?.notes).toEqual(['healthy'])
    expect(await bank.mailbox()).toEqual([])
  })

  test('that runs longer than its lease renews it: no other runs it, and its outcome takes effect', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    await using bank = await openBank(await createTestDatabase())
    const { started, open, pass } = latch()
    const slow = bank.start({ call: async (_, { id }) => (await pass(), noted(id, 'slow')) })
    const other = bank.start({ call: async (_, { id }) => noted(id, 'other') })
    await bank.send(callOf('a', ''))
    const running = slow.actors.handle('call', ['a'])
    await started
    const leased = () => bank.query(sql`select 1 from actor.mailbox where leased_until > now() + interval '5 seconds'`)
    for (let lease = 0; lease < 3; lease += 1) {
      await bank.query(sql`update actor.mailbox set leased_until = now() + interval '1 second'`)
      vi.advanceTimersByTime(4_000)
      await waitFor(async () => (await leased()).length === 1, { what: 'the lease to be renewed' })
      await other.actors.handle('call', ['a'])
    }
    open()
    await running
    expect((await bank.account('a'))?.notes).toEqual(['slow'])
    vi.advanceTimersByTime(60_000)
    expect(await bank.mailbox()).toEqual([])
  })

  test('that is retried later spends no attempt and holds back its actor', async () => {
    await using bank = await openBank(await createTestDatabase())
    let isAway = true
    const { actors } = bank.start({
      attemptsMax: 1,
      call: ({ note }, { id, attempts, tries }) => {
        if (isAway) throw new RetryLaterError('the service is away')
        return Promise.resolve(noted(id, `${note} ${attempts} ${tries}`))
      },
    })
    await bank.send(callOf('a', 'one'), callOf('a', 'two'))
    for (let tries = 1; tries <= 3; tries += 1) {
      await actors.handle('call', ['a'])
      await actors.handle('call', ['a'])
      expect(await bank.mailbox()).toMatchObject([
        { attempts: 0, tries },
        { attempts: 0, tries: 0 },
      ])
      await bank.hurry()
    }
    isAway = false
    await actors.handle('call', ['a'])
    expect((await bank.account('a'))?.notes).toEqual(['one 0 3', 'two 0 0'])
  })

  test('that fails is dead-lettered after attemptsMax, then its actor goes on', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors } = bank.start({
      attemptsMax: 3,
      call: ({ note }, { id }) =>
        note === 'bad' ? Promise.reject(new Error('rejected')) : Promise.resolve(noted(id, note)),
    })
    await bank.send(callOf('a', 'bad'), callOf('a', 'good'), callOf('b', 'neighbour'))
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(await bank.account('a')).toBeUndefined()
      await bank.hurry()
      await actors.handle('call', ['a', 'b'])
    }
    expect(await bank.deadLetters()).toMatchObject([{ actor: 'a', reason: 'Error: rejected' }])
    expect((await bank.account('a'))?.notes).toEqual(['good'])
    expect((await bank.account('b'))?.notes).toEqual(['neighbour'])
  })

  test('that cannot be parsed is dead-lettered, however many attempts its kind has', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors } = bank.start({ attemptsMax: 1_000_000 })
    await bank.send({ kind: 'call', id: 'a', message: { type: 'unheard of' } })
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await bank.hurry()
      await actors.handle('call', ['a'])
    }
    expect(await bank.deadLetters()).toMatchObject([{ actor: 'a' }])
  })

  test('whose outcome its actor rejects spends an attempt and changes nothing', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors } = bank.start({
      attemptsMax: 2,
      call: (_, { id }) => Promise.resolve({ outcome: { kind: 'account', id, message: { type: 'explode' } } }),
    })
    await bank.send(callOf('a', ''))
    await actors.handle('call', ['a'])
    expect(await bank.mailbox()).toMatchObject([{ attempts: 1, tries: 1 }])
    await bank.hurry()
    await actors.handle('call', ['a'])
    expect(await bank.deadLetters()).toMatchObject([{ reason: 'Error: exploded' }])
  })

  test('whose outcome is blocked by a lock keeps it, and applies it when the lock is gone', async () => {
    await using bank = await openBank(await createTestDatabase())
    let calls = 0
    const { actors, ask, database } = bank.start({ call: async (_, { id }) => ((calls += 1), noted(id, 'outcome')) })
    await ask('a', { type: 'add', amount: 1, note: 'first' })
    await bank.send(callOf('a', ''))
    const holder = await database.pool.connect()
    await holder.query('begin; set local transaction_timeout = 0; set local idle_in_transaction_session_timeout = 0')
    await holder.query(`select 1 from test_actor.account where id = 'a' for update`)
    const handled = actors.handle('call', ['a'])
    await waitForBlocked(bank, 2)
    await holder.query('rollback')
    holder.release()
    await handled
    expect((await bank.account('a'))?.notes).toEqual(['first', 'outcome'])
    expect(calls).toBe(1)
  })

  test('that ignores its timeout is retried later, and frees its slot', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors } = bank.start({
      concurrency: 1,
      timeoutMs: 50,
      call: ({ note }, { id }) => (note === 'hangs' ? new Promise(() => {}) : Promise.resolve(noted(id, note))),
    })
    await bank.send(callOf('a', 'hangs'), callOf('b', 'next'))
    await actors.handle('call', ['a', 'b'])
    expect((await bank.account('b'))?.notes).toEqual(['next'])
    expect(await bank.mailbox()).toMatchObject([{ actor: 'a', attempts: 0, tries: 1 }])
  })

  test('that is woken again while it runs leaves no caller waiting and no message behind', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { started, open, pass } = latch()
    const { actors } = bank.start({ call: async ({ note }, { id }) => (await pass(), noted(id, note)) })
    await bank.send(callOf('a', 'one'))
    const first = actors.handle('call', ['a'])
    await started
    await bank.send(callOf('a', 'two'))
    const others = [actors.handle('call', ['a']), actors.handle('call', ['a'])]
    open()
    await Promise.all([first, ...others])
    expect((await bank.account('a'))?.notes).toEqual(['one', 'two'])
  })

  test('that recurs sends itself, due later', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors } = bank.start({
      call: ({ note }, { id }) =>
        Promise.resolve({ outbox: [{ ...callOf(id, note), dueAt: new Date(Date.now() + 3_600_000) }] }),
    })
    await bank.send(callOf('shop', 'tick'))
    await actors.handle('call', ['shop'])
    await actors.handle('call', ['shop'])
    expect(
      await bank.query(sql`select 1 from actor.mailbox where due_at > now() + interval '59 minutes'`),
    ).toHaveLength(1)
  })

  test('running when stop() is called finishes; waiting messages stay in the mailbox', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { started, open, pass } = latch()
    const { actors, ask } = bank.start({
      concurrency: 1,
      call: async ({ note }, { id }) => (await pass(), noted(id, note)),
    })
    await bank.send(callOf('a', 'under way'), callOf('b', 'waits'))
    const handled = actors.handle('call', ['a', 'b'])
    await started
    const stopped = actors.stop()
    open()
    await Promise.all([handled, stopped])
    expect((await bank.account('a'))?.notes).toEqual(['under way'])
    expect(await bank.mailbox()).toMatchObject([{ actor: 'b', attempts: 0, tries: 0 }])
    await expect(ask('a', { type: 'add', amount: 1, note: 'late' })).rejects.toMatchObject({ code: 'unavailable' })
    await actors.handle('call', ['b'])
    await actors.handle('account', ['b'])
    expect(await bank.mailbox()).toHaveLength(1)
  })
})

/** Resolves once statements of this many transactions have been seen waiting for a lock. */
async function waitForBlocked(bank: Bank, transactions: number): Promise<void> {
  const seen = new Set<unknown>()
  await waitFor(
    async () => {
      const rows = await bank.query<{ begun: string }>(sql`
        select xact_start::text as begun from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
      for (const { begun } of rows) seen.add(begun)
      return seen.size >= transactions
    },
    { what: 'turns that wait for a lock' },
  )
}
