import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { add, openBank } from './bank.fixture.ts'
import { truncateExpiredReplies, idempotencyKey } from '#idempotency'

describe('ask', () => {
  test('the reply, the state and the outbox of a command commit atomically', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { ask } = bank.start()
    const gift = { kind: 'account', id: 'b', message: { ...add(1, 'gift') } }
    expect(await ask('a', { ...add(5, 'first'), outbox: [gift] } as never)).toEqual({ balance: 5, notes: ['first'] })
    expect(await bank.account('a')).toEqual({ balance: 5, notes: ['first'] })
    expect(await bank.mailbox()).toMatchObject([{ kind: 'account', actor: 'b' }])
  })

  test('a key sent 50 times concurrently to two processes takes effect once, with equal replies', async () => {
    await using bank = await openBank(await createTestDatabase())
    const [first, second] = [bank.start(), bank.start()]
    const key = idempotencyKey('add:a', 'key', { amount: 5 })
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? first : second).ask('a', add(5, 'once'), key)),
    )
    for (const reply of replies) expect(reply).toEqual({ balance: 5, notes: ['once'] })
    expect(await bank.account('a')).toEqual({ balance: 5, notes: ['once'] })
  })

  test('keys repeated concurrently from two processes take effect once each', async () => {
    await using bank = await openBank(await createTestDatabase())
    const [first, second] = [bank.start(), bank.start()]
    const asks = Array.from({ length: 400 }, (_, index) => {
      const which = index % 40
      const key = idempotencyKey('add', `key ${which}`, which)
      return (index % 2 === 0 ? first : second).ask(`account ${which % 7}`, add(1, `${which}`), key)
    })
    await Promise.all(asks)
    const rows = await bank.query<{ note: string }>(sql`select unnest(notes) as note from test_actor.account`)
    expect(rows.map(({ note }) => Number(note)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, which) => which),
    )
  })

  test('the same key with another request is idempotency_mismatch, in the same batch and later', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { ask } = bank.start()
    const [first, other] = [
      idempotencyKey('s', 'key', { amount: 1, to: 'x' }),
      idempotencyKey('s', 'key', { amount: 2, to: 'x' }),
    ]
    await ask('warm', add(1, 'warm'))
    const results = await Promise.allSettled([
      ask('x', add(1, 'x')),
      ask('a', add(1, 'one'), first),
      ask('a', add(2, 'two'), other),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    await expect(ask('a', add(2, 'two'), other)).rejects.toMatchObject({
      code: 'idempotency_mismatch',
      field: 'idempotencyKey',
    })
    expect((await bank.account('a'))?.notes).toEqual(['one'])
    expect(idempotencyKey('s', 'key', { to: 'x', amount: 1 })).toEqual(first)
  })

  test('a request rejected by an AppError changes nothing and frees its key', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { ask } = bank.start()
    const key = idempotencyKey('a', 'key', 'take 5')
    await expect(ask('a', add(-5, 'take'), key)).rejects.toMatchObject({ code: 'order_state' })
    await ask('a', add(5, 'give'))
    expect(await ask('a', add(-5, 'take'), key)).toEqual({ balance: 0, notes: ['give', 'take'] })
    expect(await ask('a', add(-5, 'take'), key)).toEqual({ balance: 0, notes: ['give', 'take'] })
  })

  test.each([
    [
      'key',
      `insert into actor.idempotency (slot, key_hash, fingerprint, expires_at)
      select (floor(extract(epoch from now()) / 43200)::bigint % 4), $1, 'x', now() + interval '1 day'`,
    ],
    ['actor', `select from test_actor.account where id = 'a' and $1 <> '' for update`],
  ])(
    'a request whose %s another transaction holds is in_flight after its wait, and succeeds later',
    async (_, hold) => {
      await using bank = await openBank(await createTestDatabase())
      const { ask, database } = bank.start()
      await ask('a', add(1, 'first'))
      const key = idempotencyKey('a', 'key', 1)
      const holder = await database.pool.connect()
      await holder.query('begin; set local transaction_timeout = 0; set local idle_in_transaction_session_timeout = 0')
      await holder.query(hold, [key.hash])
      // It ends while the other transaction still holds on.
      await expect(ask('a', add(1, 'held'), key)).rejects.toMatchObject({ code: 'in_flight' })
      await holder.query('rollback')
      holder.release()
      expect(await ask('a', add(1, 'held'), key)).toMatchObject({ balance: 2 })
    },
  )

  test('one key sent to two actors concurrently, from two processes, takes effect for one of them', async () => {
    await using bank = await openBank(await createTestDatabase())
    const [first, second] = [bank.start(), bank.start()]
    for (let round = 0; round < 20; round += 1) {
      const keyOf = (request: string) => idempotencyKey('user', `key ${round}`, request)
      const [same, other] = [`same ${round}`, `other ${round}`]
      const answers = await Promise.allSettled([
        first.ask(same, add(1, 'x'), keyOf(same)),
        second.ask(other, add(1, 'x'), keyOf(other)),
      ])
      expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'idempotency_mismatch' },
      })
    }
    const rows = await bank.query(sql`select 1 from test_actor.account where cardinality(notes) > 0`)
    expect(rows).toHaveLength(20)
  })

  test('a key is kept across the change of partitions, and forgotten after its time', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { ask, database } = bank.start()
    const key = idempotencyKey('a', 'key', 1)
    await ask('a', add(1, 'first'), key)
    const age = (hours: number) =>
      bank.query(
        sql`update actor.idempotency set slot = (slot + 4 - ${hours / 12}::int) % 4, expires_at = expires_at - make_interval(hours => ${hours})`,
      )
    await age(12)
    expect(await ask('a', add(1, 'again'), key)).toEqual({ balance: 1, notes: ['first'] })
    await age(24)
    expect(await truncateExpiredReplies(database.query)).toBe(1)
    expect(await truncateExpiredReplies(database.query)).toBe(0)
    expect(await ask('a', add(1, 'again'), key)).toEqual({ balance: 2, notes: ['first', 'again'] })
  })

  test('a failed turn of one ask is reported to its caller alone', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { ask } = bank.start()
    const settled = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) => ask(`account ${index}`, add(index === 31 ? 2_000_000 : 1, `${index}`))),
    )
    expect(settled.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([31])
    const rows = await bank.query(sql`select 1 from test_actor.account where cardinality(notes) = 1`)
    expect(rows).toHaveLength(59)
  })
})
