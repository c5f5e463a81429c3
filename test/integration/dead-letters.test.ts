import { sql } from 'drizzle-orm'
import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '#db'
import type { Context, Session } from '#rpc'
import type { Services } from '#services'
import { createLog } from '#telemetry'
import { createTestDatabase } from '#test'
import { recordAudit } from '#user'
import { createPlatformRouter } from '#platform'

const log = createLog('silent')

/** The platform's router on a database of its own with this many dead letters, and callers by role. */
async function openPlatform(count: number) {
  const testDatabase = await createTestDatabase()
  const database = openDatabase({ url: testDatabase.url, poolSize: 6, log })
  onTestFinished(async () => {
    await database.close()
    await testDatabase[Symbol.asyncDispose]()
  })
  const query = async <Row extends Record<string, unknown>>(statement: ReturnType<typeof sql>) =>
    (await database.query.execute<Row>(statement)).rows
  await query(sql`insert into actor.dead_letter (id, kind, actor_id, version, payload, attempts, reason)
    select n, case when n % 2 = 0 then 'email' else 'payment' end, 'order ' || n, 1, '{"type":"send","token":"pm_secret"}', 5, 'Error: rejected'
    from generate_series(1, ${count}) n`)
  await query(sql`select setval(pg_get_serial_sequence('actor.mailbox', 'id'), 1000)`)
  const platform = createPlatformRouter({ database } as Services, recordAudit)
  const callerOf = (role: Session['role'] | undefined) => {
    const session: Session = {
      id: randomUUID(),
      userId: randomUUID(),
      email: 'a@b.c',
      role: role ?? 'customer',
      locale: 'en',
    }
    const context: Context = {
      requestId: randomUUID(),
      address: '203.0.113.1',
      log,
      timeoutMs: 5_000,
      isReadOnly: false,
      sessionToken: undefined,
      deviceToken: undefined,
      userAgent: undefined,
      session: async () => (role === undefined ? null : session),
      orderToken: () => undefined,
      locale: () => 'en' as const,
      setCookie: () => undefined,
    }
    return { call: platform.createCaller(context).admin, userId: session.userId, requestId: context.requestId }
  }
  const audited = () => query<Record<string, unknown>>(sql`select * from "user".audit order by id`)
  return { database, query, callerOf, audited }
}

test('concurrent retry and drop of the same dead letters remove each once, with its audit entry', async () => {
  const { query, callerOf, audited } = await openPlatform(40)
  const [ann, bob] = [callerOf('staff'), callerOf('staff')]
  const ids = Array.from({ length: 40 }, (_, n) => n + 1)
  const [retried, dropped] = await Promise.all([
    ann.call.deadLetters.retry({ messageIds: ids }),
    bob.call.deadLetters.drop({ messageIds: ids.toReversed() }),
  ])
  expect([...retried.messageIds, ...dropped.messageIds].toSorted((a, b) => a - b)).toEqual(ids)
  expect(await query(sql`select 1 from actor.mailbox`)).toHaveLength(retried.messageIds.length)
  expect(await ann.call.deadLetters.retry({ messageIds: ids })).toEqual({ messageIds: [] })
  expect(await bob.call.deadLetters.drop({ messageIds: ids })).toEqual({ messageIds: [] })

  const records = await audited()
  expect(records).toHaveLength(40)
  const by = (action: string) => records.filter((one) => one['action'] === action)
  expect(by('dead_letter.retry').map((one) => one['subject'])).toEqual(retried.messageIds.map((id) => `message:${id}`))
  expect(by('dead_letter.drop').map((one) => one['subject'])).toEqual(dropped.messageIds.map((id) => `message:${id}`))
  for (const { action, actor_id: actor, request_id: request } of records) {
    const who = action === 'dead_letter.retry' ? ann : bob
    expect([actor, request]).toEqual([who.userId, who.requestId])
  }
  const [first] = records
  expect(Object.keys(first?.['detail'] as object).toSorted()).toEqual(['actorId', 'kind', 'type'])
})

test('staff page through dead letters and pending messages, and read one of either', async () => {
  const { query, callerOf } = await openPlatform(9)
  const { call } = callerOf('staff')
  const first = await call.deadLetters.list({ kind: 'payment', limit: 3 })
  expect(first.items.map(({ id }) => id)).toEqual([9, 7, 5])
  const second = await call.deadLetters.list({ kind: 'payment', limit: 3, cursor: first.nextCursor ?? '' })
  expect(second).toMatchObject({
    items: [{ id: 3 }, { id: 1, reason: 'Error: rejected', attempts: 5 }],
    nextCursor: null,
  })
  expect((await call.deadLetters.list({ actorId: 'order 4' })).items).toMatchObject([
    { id: 4, kind: 'email', type: 'send' },
  ])
  expect(await call.mailbox.get({ messageId: 9 })).toMatchObject({
    state: 'dead_letter',
    payload: { type: 'send', token: '[hidden]' },
  })

  await query(sql`insert into actor.mailbox (kind, actor_id, version, payload, due_at)
    select 'order', n::text, 1, '{"type":"expire"}', now() - make_interval(secs => n) from generate_series(1, 5) n`)
  const waiting = await call.mailbox.list({ limit: 3 })
  expect(waiting.items.map(({ actorId }) => actorId)).toEqual(['5', '4', '3'])
  const rest = await call.mailbox.list({ limit: 3, cursor: waiting.nextCursor ?? '' })
  expect(rest).toMatchObject({ items: [{ actorId: '2' }, { actorId: '1', isDue: true, tries: 0 }], nextCursor: null })
  expect(await call.mailbox.get({ messageId: rest.items[0]?.id ?? 0 })).toMatchObject({
    state: 'pending',
    type: 'expire',
  })
  await expect(call.mailbox.get({ messageId: 12_345 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('strangers and customers are rejected, and so are forged cursors', async () => {
  const { callerOf, audited, query } = await openPlatform(3)
  for (const [role, code] of [
    [undefined, 'UNAUTHORIZED'],
    ['customer', 'FORBIDDEN'],
  ] as const) {
    const { call } = callerOf(role)
    const attempts = [
      call.deadLetters.list(),
      call.mailbox.list(),
      call.mailbox.get({ messageId: 1 }),
      call.deadLetters.retry({ messageIds: [1] }),
      call.deadLetters.drop({ messageIds: [1] }),
    ]
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code })
  }
  const { call } = callerOf('staff')
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const cursors = [
    'x',
    forged(null),
    forged('1'),
    forged({ dueAt: '0000-01-01T00:00:00Z', id: 1 }),
    forged({ dueAt: 'now', id: 1 }),
  ]
  for (const cursor of cursors) {
    await expect(call.deadLetters.list({ cursor })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(call.mailbox.list({ cursor })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  }
  for (const ids of [[], [0], [1.5], Array.from({ length: 51 }, (_, n) => n + 1)])
    await expect(call.deadLetters.retry({ messageIds: ids })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  expect(await audited()).toEqual([])
  expect(await query(sql`select 1 from actor.dead_letter`)).toHaveLength(3)
})
