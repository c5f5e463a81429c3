import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { transaction } from '#db'
import { createTestDatabase, waitFor } from '#test'
import { add, callOf, openBank, type Bank } from './actor/bank.fixture.ts'
import {
  countMail,
  deleteOldParked,
  dropParked,
  findLetter,
  listParked,
  listWaiting,
  mailBacklog,
  parkUnreadable,
  retryParked,
} from './mail-desk.ts'

/** Parks letters as a worker that gives up on them would. */
async function park(bank: Bank, ...letters: Parameters<Bank['send']>): Promise<number[]> {
  await bank.send(...letters)
  const rows = await bank.query<{ id: number }>(sql`
    with gone as (delete from actor.mailbox returning *)
    insert into actor.parked (id, kind, actor_id, version, payload, attempts, last_error, reason)
    select id, kind, actor_id, version, payload, 8, 'Error: before', 'Error: exploded' from gone order by id returning id`)
  return rows.map(({ id }) => id)
}

describe('parked mail', () => {
  test('is retried by its actor within a second of the sweep, once, with all attempts before it', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors, database } = bank.start()
    const ids = await park(bank, { id: 'a', message: add(1, 'one') }, { id: 'a', message: add(1, 'two') })
    const retried = await transaction(database, (tx) => retryParked(tx, ids.toReversed()))
    expect(retried).toEqual(ids.map((id) => ({ id, kind: 'account', actorId: 'a', type: 'add' })))
    expect(await bank.parked()).toEqual([])
    expect(await bank.mailbox()).toMatchObject([
      { attempts: 0, tries: 0 },
      { attempts: 0, tries: 0 },
    ])
    const sweep = actors.startSweep()
    await waitFor(async () => (await bank.account('a'))?.notes.length === 2, { what: 'both', timeoutMs: 3_000 })
    await sweep.stop()
    expect((await bank.account('a'))?.notes).toEqual(['one', 'two'])
  })

  test('retried and dropped by several at once is taken by one of them each', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const ids = await park(bank, ...Array.from({ length: 60 }, (_, n) => ({ id: `${n}`, message: add(1, `${n}`) })))
    const both = [ids, ids.toReversed()]
    const taken = await Promise.all(
      [retryParked, dropParked].flatMap((take) =>
        both.map((some) => transaction(database, async (tx) => ({ take, letters: await take(tx, some) }))),
      ),
    )
    const idsOf = (take: typeof retryParked) =>
      taken.filter((one) => one.take === take).flatMap(({ letters }) => letters.map(({ id }) => id))
    expect([...idsOf(retryParked), ...idsOf(dropParked)].toSorted((a, b) => a - b)).toEqual(ids)
    expect(await bank.mailbox()).toHaveLength(idsOf(retryParked).length)
    expect(await bank.parked()).toEqual([])
  })

  test('stays where it is when the retry is rolled back, and what is not parked is left alone', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const ids = await park(bank, { id: 'a', message: add(1, 'one') })
    const failing = transaction(database, async (tx) => {
      await retryParked(tx, ids)
      throw new Error('no audit')
    })
    await expect(failing).rejects.toThrow('no audit')
    expect(await bank.parked()).toHaveLength(1)
    await bank.send({ id: 'b', message: add(1, 'waits') })
    const [waiting] = await listWaiting(database.query, { limit: 10 })
    expect(await dropParked(database.query, [waiting?.id ?? 0, 999_999])).toEqual([])
    expect(await bank.mailbox()).toHaveLength(1)
  })

  test('whose payload is broken can be retried and dropped like any other', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const ids = await park(bank, { id: 'a', message: null }, { id: 'b', message: 'text' }, { id: 'c', message: [1] })
    expect((await retryParked(database.query, ids.slice(0, 2))).map(({ type }) => type)).toEqual([null, null])
    expect(await dropParked(database.query, ids)).toHaveLength(1)
    expect(await bank.mailbox()).toHaveLength(2)
  })

  test('is listed in pages, newest first, by kind and by actor', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const letters = Array.from({ length: 25 }, (_, n) =>
      n % 5 === 0 ? callOf('odd', `${n}`) : { id: `${n % 2}`, message: add(1, `${n}`) },
    )
    const ids = await park(bank, ...letters)
    const seen: number[] = []
    for (let after: number | undefined; ; after = seen.at(-1)) {
      const page = await listParked(database.query, { after, limit: 10 })
      seen.push(...page.map(({ id }) => id))
      if (page.length < 10) break
    }
    expect(seen).toEqual(ids.toReversed())
    expect(await listParked(database.query, { kind: 'call', limit: 100 })).toHaveLength(5)
    const [one] = await listParked(database.query, { kind: 'account', actorId: '1', limit: 1 })
    expect(one).toMatchObject({ kind: 'account', actorId: '1', type: 'add', attempts: 8, reason: 'Error: exploded' })
    expect(new Date(one?.parkedAt ?? '').getTime()).toBeGreaterThan(Date.now() - 60_000)
  })

  test('older than it is kept is deleted, so much at a time', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    await park(bank, ...Array.from({ length: 5 }, (_, n) => ({ id: `${n}`, message: add(1, '') })))
    await bank.query(sql`update actor.parked set parked_at = now() - interval '91 days' where actor_id <> '4'`)
    expect(await deleteOldParked(database.query, { days: 90, most: 3 })).toBe(3)
    expect(await deleteOldParked(database.query, { days: 90, most: 3 })).toBe(1)
    expect(await bank.parked()).toMatchObject([{ actor: '4' }])
  })
})

describe('waiting mail', () => {
  test('is listed in pages, what is due longest first, with its tries and last error', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors, database } = bank.start()
    await bank.send(...Array.from({ length: 7 }, (_, n) => ({ id: `${n}`, message: add(1, `${n}`) })))
    await bank.send({ id: 'bad', message: { type: 'explode' } })
    await bank.query(sql`update actor.mailbox set due_at = now() + interval '1 hour' where actor_id = '0'`)
    await bank.query(sql`update actor.mailbox set due_at = now() - interval '1 minute' where actor_id in ('5', '6')`)
    const seen: string[] = []
    for (let after: { dueAt: string; id: number } | undefined; ;) {
      const page = await listWaiting(database.query, { after, limit: 3 })
      seen.push(...page.map(({ actorId }) => actorId))
      after = page.at(-1)
      if (page.length < 3) break
    }
    expect(seen).toEqual(['5', '6', '1', '2', '3', '4', 'bad', '0'])
    await actors.handle('account', ['bad'])
    const [bad] = await listWaiting(database.query, { actorId: 'bad', limit: 1 })
    expect(bad).toMatchObject({ attempts: 1, tries: 1, lastError: 'Error: exploded', isDue: false, isLeased: false })
  })

  test('of a version or kind that nobody has known for 24 h is parked, and its actor goes on', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors, database } = bank.start()
    await bank.send(
      { id: 'a', message: add(1, 'new'), version: 2 },
      { id: 'a', message: add(1, 'behind') },
      { id: 'x', kind: 'other', message: {} },
    )
    await bank.query(sql`update actor.mailbox set due_at = now() - interval '25 hours'`)
    await bank.send({ id: 'y', kind: 'other', message: {} })
    const readable = [{ kind: 'account', reads: [1] }]
    expect(await parkUnreadable(database.query, readable, 1)).toBe(1)
    expect(await parkUnreadable(database.query, readable, 10)).toBe(1)
    expect(await bank.parked()).toMatchObject([
      { actor: 'a', attempts: 0, reason: expect.stringContaining('kind or version') as string },
      { actor: 'x', attempts: 0 },
    ])
    await actors.handle('account', ['a'])
    expect((await bank.account('a'))?.notes).toEqual(['behind'])
    expect(await bank.mailbox()).toMatchObject([{ actor: 'y', tries: 0 }])
  })

  test('that is due is counted, with the age of the oldest', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    expect(await mailBacklog(database.query)).toEqual({ due: 0, oldestSeconds: 0 })
    await bank.send(
      { id: 'a', message: add(1, '') },
      { id: 'b', message: add(1, '') },
      { id: 'c', message: add(1, '') },
    )
    await bank.query(sql`update actor.mailbox set due_at = now() - interval '1 minute' where actor_id = 'b'`)
    await bank.query(sql`update actor.mailbox set due_at = now() + interval '1 minute' where actor_id = 'c'`)
    expect(await mailBacklog(database.query)).toMatchObject({ due: 2, oldestSeconds: expect.closeTo(60, -1) as number })
  })

  test('and parked mail is counted by kind', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    await park(bank, callOf('a', ''), { id: 'a', message: add(1, '') })
    await bank.send({ id: 'b', message: add(1, '') }, { id: 'c', message: add(1, '') })
    expect((await countMail(database.query)).toSorted((a, b) => a.kind.localeCompare(b.kind))).toEqual([
      { kind: 'account', waiting: 2, parked: 1 },
      { kind: 'call', waiting: 0, parked: 1 },
    ])
  })
})

describe('one letter', () => {
  test('is shown with what it says, but for what may be secret or personal', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const message = { type: 'pay', token: 'pm_1', deep: [{ shippingAddress: { city: 'Ulm' }, amount: 5 }] }
    const [parked] = await park(bank, { id: 'a', message })
    await bank.send({ id: 'b', message: add(1, 'waits') })
    const [waiting] = await listWaiting(database.query, { limit: 1 })
    expect(await findLetter(database.query, parked ?? 0)).toMatchObject({
      state: 'parked',
      version: 1,
      payload: { type: 'pay', token: '[hidden]', deep: [{ shippingAddress: '[hidden]', amount: 5 }] },
    })
    expect(await findLetter(database.query, waiting?.id ?? 0)).toMatchObject({
      state: 'waiting',
      isDue: true,
      tries: 0,
    })
    expect(await findLetter(database.query, 999_999)).toBeUndefined()
  })

  test('that is very large is shown without what it says', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const [id] = await park(bank, { id: 'a', message: { type: 'add', note: 'x'.repeat(100_000) } })
    expect(await findLetter(database.query, id ?? 0)).toMatchObject({ payload: null, type: 'add' })
  })
})
