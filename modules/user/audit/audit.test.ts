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
    action: 'mail.retry',
    subject,
    requestId: 'request',
    ...more,
  })
  return { ...shop, staff, user, entry }
}

test('an audit record is written with what it tells of, or not at all', async () => {
  const { database, staff, user, entry } = await openShop()
  const failing = transaction(database, async (tx) => {
    await recordAudit(tx, entry('mail:1'))
    throw new Error('what it tells of has failed')
  })
  await expect(failing).rejects.toThrow('has failed')
  expect((await staff.call().admin.audit.list()).items).toEqual([])
  await recordAudit(database.query, entry('mail:1', { detail: { kind: 'payment' } }), entry('mail:2'))
  await recordAudit(database.query)
  const { items, nextCursor } = await staff.call().admin.audit.list()
  expect(nextCursor).toBeNull()
  expect(items).toMatchObject([
    { subject: 'mail:2', detail: {} },
    { subject: 'mail:1', actorId: user.id, action: 'mail.retry', detail: { kind: 'payment' }, requestId: 'request' },
  ])
})

test('the audit cannot be changed or emptied, and takes no detail beyond its bound', async () => {
  const { database, sql, entry } = await openShop()
  await recordAudit(database.query, entry('mail:1'))
  for (const statement of [
    'update "user".audit set action = \'none\'',
    'delete from "user".audit',
    'truncate "user".audit',
  ])
    await expect(sql(statement)).rejects.toThrow('append-only')
  await expect(recordAudit(database.query, entry('mail:2', { detail: { text: 'x'.repeat(5_000) } }))).rejects.toThrow(
    'Failed query',
  )
  expect(await sql('select subject from "user".audit')).toEqual([{ subject: 'mail:1' }])
})

test('staff read the audit page by page, newest first, by subject, actor and action; others do not', async () => {
  const { database, staff, user, entry, browserAt } = await openShop()
  const other = randomUUID()
  await recordAudit(
    database.query,
    ...Array.from({ length: 7 }, (_, n) => entry(`mail:${n}`, n === 3 ? { actorId: other, action: 'mail.drop' } : {})),
  )
  const list = staff.call().admin.audit.list
  const seen: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await list({ limit: 3, cursor })
    seen.push(...page.items.map(({ subject }) => subject))
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
  expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((n) => `mail:${n}`))
  expect((await list({ subject: 'mail:5' })).items).toHaveLength(1)
  expect((await list({ actorId: other })).items).toMatchObject([{ action: 'mail.drop' }])
  expect((await list({ action: 'mail.retry', actorId: user.id })).items).toHaveLength(6)

  const customer = browserAt('203.0.113.2')
  expect(await rejectionOf(customer.call().admin.audit.list())).toMatchObject({ code: 'unauthenticated' })
  await customer.call().register({ email: 'ann@example.com', password })
  expect(await rejectionOf(customer.call().admin.audit.list())).toMatchObject({ code: 'forbidden' })
})
