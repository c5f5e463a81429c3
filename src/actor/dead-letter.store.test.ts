import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { transaction } from '#db'
import { createTestDatabase, waitFor } from '#test'
import { add, callOf, openBank, type Bank } from './bank.fixture.ts'
import {
  deadLetterUnreadable,
  deleteOldDeadLetters,
  dropDeadLetters,
  listDeadLetters,
  retryDeadLetters,
} from './dead-letter.store.ts'
import { countMessages, findMessage, listPending, mailboxBacklog } from './mailbox-view.store.ts'

/** Dead-letters messages as a worker does after their last attempt. */
async function deadLetter(bank: Bank, ...messages: Parameters<Bank['send']>): Promise<number[]> {
  await bank.send(...messages)
  const rows = await bank.query<{ id: number }>(sql`
    with gone as (delete from actor.mailbox returning *)
    insert into actor.dead_letter (id, kind, actor_id, version, payload, attempts, last_error, reason)
    select id, kind, actor_id, version, payload, 8, 'Error: before', 'Error: exploded' from gone order by id returning id`)
  return rows.map(({ id }) => id)
}

describe('a dead letter', () => {
  test('is retried by its actor within a second of the sweep, once, with all attempts before it', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors, database } = bank.start()
    const ids = await deadLetter(bank, { id: 'a', message: add(1, 'one') }, { id: 'a', message: add(1, 'two') })
    const retried = await transaction(database, (tx) => retryDeadLetters(tx, ids.toReversed()))
    expect(retried).toEqual(ids.map((id) => ({ id, kind: 'account', actorId: 'a', type: 'add' })))
    expect(await bank.deadLetters()).toEqual([])
    expect(await bank.mailbox()).toMatchObject([
      { attempts: 0, tries: 0 },
      { attempts: 0, tries: 0 },
    ])
    const sweep = actors.startSweep()
    await waitFor(async () => (await bank.account('a'))?.notes.length === 2, { what: 'both' })
    await sweep.stop()
    expect((await bank.account('a'))?.notes).toEqual(['one', 'two'])
  })

  test('retried and dropped concurrently is removed by exactly one call', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const ids = await deadLetter(
      bank,
      ...Array.from({ length: 60 }, (_, n) => ({ id: `${n}`, message: add(1, `${n}`) })),
    )
    const both = [ids, ids.toReversed()]
    const taken = await Promise.all(
      [retryDeadLetters, dropDeadLetters].flatMap((take) =>
        both.map((some) => transaction(database, async (tx) => ({ take, messages: await take(tx, some) }))),
      ),
    )
    const idsOf = (take: typeof retryDeadLetters) =>
      taken.filter((one) => one.take === take).flatMap(({ messages }) => messages.map(({ id }) => id))
    expect([...idsOf(retryDeadLetters), ...idsOf(dropDeadLetters)].toSorted((a, b) => a - b)).toEqual(ids)
    expect(await bank.mailbox()).toHaveLength(idsOf(retryDeadLetters).length)
    expect(await bank.deadLetters()).toEqual([])
  })

  test('stays when the retry is rolled back, and a pending message is not dropped', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const ids = await deadLetter(bank, { id: 'a', message: add(1, 'one') })
    const failing = transaction(database, async (tx) => {
      await retryDeadLetters(tx, ids)
      throw new Error('no audit')
    })
    await expect(failing).rejects.toThrow('no audit')
    expect(await bank.deadLetters()).toHaveLength(1)
    await bank.send({ id: 'b', message: add(1, 'waits') })
    const [pending] = await listPending(database.query, { limit: 10 })
    expect(await dropDeadLetters(database.query, [pending?.id ?? 0, 999_999])).toEqual([])
    expect(await bank.mailbox()).toHaveLength(1)
  })

  test('whose payload is broken can be retried and dropped like any other', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const ids = await deadLetter(
      bank,
      { id: 'a', message: null },
      { id: 'b', message: 'text' },
      { id: 'c', message: [1] },
    )
    expect((await retryDeadLetters(database.query, ids.slice(0, 2))).map(({ type }) => type)).toEqual([null, null])
    expect(await dropDeadLetters(database.query, ids)).toHaveLength(1)
    expect(await bank.mailbox()).toHaveLength(2)
  })

  test('is listed in pages, newest first, by kind and by actor', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const messages = Array.from({ length: 25 }, (_, n) =>
      n % 5 === 0 ? callOf('odd', `${n}`) : { id: `${n % 2}`, message: add(1, `${n}`) },
    )
    const ids = await deadLetter(bank, ...messages)
    const seen: number[] = []
    for (let after: number | undefined; ; after = seen.at(-1)) {
      const page = await listDeadLetters(database.query, { after, limit: 10 })
      seen.push(...page.map(({ id }) => id))
      if (page.length < 10) break
    }
    expect(seen).toEqual(ids.toReversed())
    expect(await listDeadLetters(database.query, { kind: 'call', limit: 100 })).toHaveLength(5)
    const [one] = await listDeadLetters(database.query, { kind: 'account', actorId: '1', limit: 1 })
    expect(one).toMatchObject({ kind: 'account', actorId: '1', type: 'add', attempts: 8, reason: 'Error: exploded' })
    expect(new Date(one?.deadLetteredAt ?? '').getTime()).toBeGreaterThan(Date.now() - 60_000)
  })

  test('older than its retention is deleted, in bounded batches', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    await deadLetter(bank, ...Array.from({ length: 5 }, (_, n) => ({ id: `${n}`, message: add(1, '') })))
    await bank.query(
      sql`update actor.dead_letter set dead_lettered_at = now() - interval '91 days' where actor_id <> '4'`,
    )
    expect(await deleteOldDeadLetters(database.query, { days: 90, limit: 3 })).toBe(3)
    expect(await deleteOldDeadLetters(database.query, { days: 90, limit: 3 })).toBe(1)
    expect(await bank.deadLetters()).toMatchObject([{ actor: '4' }])
  })
})

describe('a pending message', () => {
  test('is listed in pages, the longest due first, with its tries and last error', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors, database } = bank.start()
    await bank.send(...Array.from({ length: 7 }, (_, n) => ({ id: `${n}`, message: add(1, `${n}`) })))
    await bank.send({ id: 'bad', message: { type: 'explode' } })
    await bank.query(sql`update actor.mailbox set due_at = now() + interval '1 hour' where actor_id = '0'`)
    await bank.query(sql`update actor.mailbox set due_at = now() - interval '1 minute' where actor_id in ('5', '6')`)
    const seen: string[] = []
    for (let after: { dueAt: string; id: number } | undefined; ;) {
      const page = await listPending(database.query, { after, limit: 3 })
      seen.push(...page.map(({ actorId }) => actorId))
      after = page.at(-1)
      if (page.length < 3) break
    }
    expect(seen).toEqual(['5', '6', '1', '2', '3', '4', 'bad', '0'])
    await actors.handle('account', ['bad'])
    const [bad] = await listPending(database.query, { actorId: 'bad', limit: 1 })
    expect(bad).toMatchObject({ attempts: 1, tries: 1, lastError: 'Error: exploded', isDue: false, isLeased: false })
  })

  test('of a version or kind unknown for 24 h is dead-lettered, and its actor goes on', async () => {
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
    expect(await deadLetterUnreadable(database.query, readable, 1)).toBe(1)
    expect(await deadLetterUnreadable(database.query, readable, 10)).toBe(1)
    expect(await bank.deadLetters()).toMatchObject([
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
    expect(await mailboxBacklog(database.query)).toEqual({ due: 0, oldestSeconds: 0 })
    await bank.send(
      { id: 'a', message: add(1, '') },
      { id: 'b', message: add(1, '') },
      { id: 'c', message: add(1, '') },
    )
    await bank.query(sql`update actor.mailbox set due_at = now() - interval '1 minute' where actor_id = 'b'`)
    await bank.query(sql`update actor.mailbox set due_at = now() + interval '1 minute' where actor_id = 'c'`)
    expect(await mailboxBacklog(database.query)).toMatchObject({
      due: 2,
      oldestSeconds: expect.closeTo(60, -1) as number,
    })
  })

  test('and a dead letter are counted by kind', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    await deadLetter(bank, callOf('a', ''), { id: 'a', message: add(1, '') })
    await bank.send({ id: 'b', message: add(1, '') }, { id: 'c', message: add(1, '') })
    expect((await countMessages(database.query)).toSorted((a, b) => a.kind.localeCompare(b.kind))).toEqual([
      { kind: 'account', pending: 2, deadLetters: 1 },
      { kind: 'call', pending: 0, deadLetters: 1 },
    ])
  })
})

describe('findMessage', () => {
  test('shows the content without secrets and personal data', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const message = { type: 'pay', token: 'pm_1', deep: [{ shippingAddress: { city: 'Ulm' }, amount: 5 }] }
    const [dead] = await deadLetter(bank, { id: 'a', message })
    await bank.send({ id: 'b', message: add(1, 'waits') })
    const [pending] = await listPending(database.query, { limit: 1 })
    expect(await findMessage(database.query, dead ?? 0)).toMatchObject({
      state: 'dead_letter',
      version: 1,
      payload: { type: 'pay', token: '[hidden]', deep: [{ shippingAddress: '[hidden]', amount: 5 }] },
    })
    expect(await findMessage(database.query, pending?.id ?? 0)).toMatchObject({
      state: 'pending',
      isDue: true,
      tries: 0,
    })
    expect(await findMessage(database.query, 999_999)).toBeUndefined()
  })

  test('shows a very large message without its content', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { database } = bank.start()
    const [id] = await deadLetter(bank, { id: 'a', message: { type: 'add', note: 'x'.repeat(100_000) } })
    expect(await findMessage(database.query, id ?? 0)).toMatchObject({ payload: null, type: 'add' })
  })
})
