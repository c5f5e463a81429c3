import { expect, test, vi } from 'vitest'
import { createTestDatabase } from '#test'
import { seedAccounts } from './index.ts'
import { openShopOn, password, rejectionOf } from './user.fixture.ts'

const openShop = async (env?: Record<string, string>) => openShopOn(await createTestDatabase(), env)

test('logout ends this session alone, clears the cookie and may be repeated', async () => {
  const { users, browserAt } = await openShop()
  const laptop = browserAt('203.0.113.1')
  const phone = browserAt('203.0.113.2')
  const { token } = await laptop.call().register({ email: 'ann@example.com', password })
  await phone.call().login({ email: 'ann@example.com', password })
  expect(await laptop.call().logout()).toEqual({})
  expect(laptop.cookies.get('session')).toBeNull()
  expect(await users.authenticate(token)).toBeNull()
  expect(await rejectionOf(browserAt('203.0.113.1', token).call().me())).toMatchObject({ code: 'unauthenticated' })
  expect((await phone.call().me()).email).toBe('ann@example.com')
  expect(await laptop.call().logout()).toEqual({})
})

test('an expired session is rejected and deleted, and a valid one is kept', async () => {
  const { users, browserAt, sql } = await openShop({ SESSION_DAYS: '7' })
  const browser = browserAt('203.0.113.1')
  const { token: old } = await browser.call().register({ email: 'ann@example.com', password })
  expect(
    await sql(
      `select 1 from "user".session where expires_at between now() + interval '6 days 23 hours' and now() + interval '7 days'`,
    ),
  ).toHaveLength(1)
  await sql(`update "user".session set expires_at = now() - interval '1 second'`)
  const { token: valid } = await browserAt('203.0.113.2').call().login({ email: 'ann@example.com', password })
  expect(await users.authenticate(old)).toBeNull()
  expect(await users.cleanUp(100)).toBe(1)
  expect(await users.cleanUp(100)).toBe(0)
  expect(await users.authenticate(valid)).not.toBeNull()
})

test('concurrent cleanups delete any number of expired sessions without overlap', async () => {
  const { users, browserAt, sql } = await openShop()
  await browserAt('203.0.113.1').call().register({ email: 'ann@example.com', password })
  await sql(`insert into "user".session (id, account_id, token_hash, ends_at, expires_at)
    select gen_random_uuid(), id, 'old-' || n, now(), now() - interval '1 day' from "user".account, generate_series(1, 2500) n`)
  const [first, second] = await Promise.all([users.cleanUp(1_000), users.cleanUp(1_000)])
  expect([first, second]).toEqual([1_000, 1_000])
  expect(await users.cleanUp(1_000)).toBe(500)
  expect(await sql('select 1 from "user".session')).toHaveLength(1)
})

test('malformed tokens are rejected without a query', async () => {
  const { users, database } = await openShop()
  const query = vi.spyOn(database.pool, 'query')
  for (const token of ['', 'x', 'a'.repeat(44), `${'a'.repeat(42)}'`, 'é'.repeat(43)])
    expect(await users.authenticate(token)).toBeNull()
  expect(query).not.toHaveBeenCalled()
})

test('use of a session is recorded once in 5 minutes, not with every read', async () => {
  const { users, browserAt, sql } = await openShop()
  const { token } = await browserAt('203.0.113.1').call().register({ email: 'ann@example.com', password })
  const version = async () => (await sql('select xmin::text, last_seen_at from "user".session'))[0]
  const fresh = await version()
  await users.authenticate(token)
  expect(await version()).toEqual(fresh)
  await sql(`update "user".session set last_seen_at = now() - interval '6 minutes'`)
  await Promise.all([users.authenticate(token), users.authenticate(token)])
  const [seen] = await sql(`select last_seen_at > now() - interval '1 minute' as recently from "user".session`)
  expect(seen).toEqual({ recently: true })
})

test('only staff list accounts: in pages, newest first, without secrets', async () => {
  const { services, browserAt } = await openShop()
  const staff = browserAt('203.0.113.9')
  await seedAccounts(services, [{ email: 'Staff@Example.com', password, name: 'Sam', role: 'staff', locale: 'en' }])
  await staff.call().login({ email: 'staff@example.com', password })
  const customer = browserAt('203.0.113.1')
  for (const name of ['ann', 'bob', 'cid']) await customer.call().register({ email: `${name}@example.com`, password })

  const first = await staff.call().admin.list({ limit: 3 })
  const second = await staff.call().admin.list({ limit: 3, cursor: first.nextCursor ?? '' })
  expect([...first.items, ...second.items].map((user) => user.email)).toEqual(
    ['cid', 'bob', 'ann', 'staff'].map((name) => `${name}@example.com`),
  )
  expect(second.nextCursor).toBeNull()
  expect(Object.keys(first.items[0] ?? {}).toSorted()).toEqual([
    'createdAt',
    'email',
    'id',
    'locale',
    'name',
    'passwordExpiresAt',
    'role',
  ])
  expect((await staff.call().admin.list()).items).toHaveLength(4)

  await expect(staff.call().admin.list({ cursor: 'not a cursor' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  expect(await rejectionOf(customer.call().admin.list())).toMatchObject({ code: 'forbidden' })
  expect(await rejectionOf(browserAt('203.0.113.3').call().admin.list())).toMatchObject({ code: 'unauthenticated' })
})

test('seeding accounts again restores their password and role and changes nothing else', async () => {
  const { services, browserAt, sql } = await openShop()
  const demo = { email: 'demo@example.com', password, name: 'Demo', role: 'staff', locale: 'en' } as const
  await seedAccounts(services, [demo])
  const [before] = await sql('select id, created_at from "user".account')
  await sql(`update "user".account set role = 'customer', password_hash = 'lost'`)
  await seedAccounts(services, [demo])
  expect(await sql('select id, created_at from "user".account')).toEqual([before])
  expect((await browserAt('203.0.113.1').call().login({ email: demo.email, password })).user.role).toBe('staff')
})
