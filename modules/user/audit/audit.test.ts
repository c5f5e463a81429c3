import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { transaction } from '#db'
import { createTestDatabase } from '#test'
import { recordAudit, seedAccounts, type AuditEntry } from '../index.ts'
import { openShopOn, password, rejectionOf } from '../user.fixture.ts'

async function openShop() {
  const shop = await openShopOn(await createTestDatabase())
  const { services, browserAt } = shop
  await seedAccounts(services, [{ email: 'sue@example.com', password, name: 'Sue', role: 'staff', locale: 'en' }])
  const staff = browserAt('203.0.113.1')
  const { user } = await staff.call().login({ email: 'sue@example.com', password })
  const entry = (subject: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
    actorId: user.id,
    action: 'dead_letter.retry',
    subject,
    requestId: 'request',
    ...more,
  })
  return { ...shop, staff, user, entry }
}

test('an audit record is committed with its action or not at all', async () => {
  const { database, staff, user, entry } = await openShop()
  const failing = transaction(database, async (tx) => {
    await recordAudit(tx, entry('message:1'))
    throw new Error('the action has failed')
  })
  await expect(failing).rejects.toThrow('has failed')
  expect((await staff.call().admin.audit.list()).items).toEqual([])
  await recordAudit(database.query, entry('message:1', { detail: { kind: 'payment' } }), entry('message:2'))
  await recordAudit(database.query)
  const { items, nextCursor } = await staff.call().admin.audit.list()
  expect(nextCursor).toBeNull()
  expect(items).toMatchObject([
    { subject: 'message:2', detail: {} },
    {
      subject: 'message:1',
      actorId: user.id,
      action: 'dead_letter.retry',
      detail: { kind: 'payment' },
      requestId: 'request',
    },
  ])
})

test('the audit cannot be changed or emptied, and rejects too large a detail', async () => {
  const { database, sql, entry } = await openShop()
  await recordAudit(database.query, entry('message:1'))
  for (const statement of [
    'update "user".audit set action = \'none\'',
    'delete from "user".audit',
    'truncate "user".audit',
  ])
    await expect(sql(statement)).rejects.toThrow('append-only')
  await expect(
    recordAudit(database.query, entry('message:2', { detail: { text: 'x'.repeat(5_000) } })),
  ).rejects.toThrow('Failed query')
  expect(await sql('select subject from "user".audit')).toEqual([{ subject: 'message:1' }])
})

test('only staff read the audit: in pages, newest first, by subject, actor and action', async () => {
  const { database, staff, user, entry, browserAt } = await openShop()
  const other = randomUUID()
  await recordAudit(
    database.query,
    ...Array.from({ length: 7 }, (_, n) =>
      entry(`message:${n}`, n === 3 ? { actorId: other, action: 'dead_letter.drop' } : {}),
    ),
  )
  const list = staff.call().admin.audit.list
  const seen: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await list({ limit: 3, cursor })
    seen.push(...page.items.map(({ subject }) => subject))
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
  expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((n) => `message:${n}`))
  expect((await list({ subject: 'message:5' })).items).toHaveLength(1)
  expect((await list({ actorId: other })).items).toMatchObject([{ action: 'dead_letter.drop' }])
  expect((await list({ action: 'dead_letter.retry', actorId: user.id })).items).toHaveLength(6)

  const customer = browserAt('203.0.113.2')
  expect(await rejectionOf(customer.call().admin.audit.list())).toMatchObject({ code: 'unauthenticated' })
  await customer.call().register({ email: 'ann@example.com', password })
  expect(await rejectionOf(customer.call().admin.audit.list())).toMatchObject({ code: 'forbidden' })
})
