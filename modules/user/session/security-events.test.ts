import { expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { seedAccounts } from '../index.ts'
import { openShopOn, password, rejectionOf } from '../user.fixture.ts'

test('logins, failures, throttling and denied calls are logged without personal data', async () => {
  const { browserAt, logged } = await openShopOn(await createTestDatabase(), { LOGIN_ATTEMPTS: '1' })
  const ann = { email: 'ann@example.com', password }
  const browser = browserAt('203.0.113.77')
  const { user } = await browser.call().register(ann)
  await browser.call().login(ann)
  for (let n = 0; n < 2; n += 1) await rejectionOf(browser.call().login({ ...ann, password: 'wrong password' }))
  await rejectionOf(browser.call().admin.list())
  await browser.call().endOtherSessions()

  const events = logged.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event)
  const common = { requestId: 'test', network: '203.0.113.0/24' }
  expect(events).toMatchObject([
    { event: 'registered', userId: user.id, ...common },
    { event: 'login_succeeded', userId: user.id, ...common },
    { event: 'login_failed', procedure: 'login', ...common },
    { event: 'throttled', procedure: 'login', ...common },
    { event: 'access_denied', procedure: 'admin.list', userId: user.id, ...common },
    { event: 'sessions_ended', userId: user.id, ...common },
  ])
  for (const secret of ['ann@', password, '203.0.113.77']) expect(JSON.stringify(events)).not.toContain(secret)
})

test('the list of accounts is audited with its reader', async () => {
  const { services, browserAt, sql } = await openShopOn(await createTestDatabase())
  await seedAccounts(services, [{ email: 'sue@example.com', password, name: 'Sue', role: 'staff', locale: 'en' }])
  const staff = browserAt('203.0.113.9')
  const { user } = await staff.call().login({ email: 'sue@example.com', password })
  await staff.call().admin.list({ limit: 3 })
  expect(await sql('select actor_id, action, subject, detail from "user".audit')).toEqual([
    { actor_id: user.id, action: 'account.list', subject: 'accounts:newest', detail: { limit: 3 } },
  ])
})
