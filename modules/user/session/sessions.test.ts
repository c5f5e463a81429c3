import { expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { findLiveSessions, seedAccounts } from '../index.ts'
import { openShopOn, password, rejectionOf } from '../user.fixture.ts'

const ann = { email: 'ann@example.com', password }
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0'

async function openShop(env?: Record<string, string>) {
  const shop = await openShopOn(await createTestDatabase(), env)
  const laptop = shop.browserAt('203.0.113.1', undefined, firefox)
  const { token } = await laptop.call().register(ann)
  return { ...shop, laptop, token }
}

test('a login by a browser with a session ends that session', async () => {
  const { users, laptop, token, sql } = await openShop()
  const { token: next } = await laptop.call().login(ann)
  expect(next).not.toBe(token)
  expect(await users.authenticate(token)).toBeNull()
  expect(await users.authenticate(next)).not.toBeNull()
  expect(await sql('select 1 from "user".session')).toHaveLength(1)
})

test('a failed login leaves the session of the browser as it is', async () => {
  const { users, laptop, token } = await openShop()
  await rejectionOf(laptop.call().login({ ...ann, password: 'wrong password' }))
  expect(await users.authenticate(token)).not.toBeNull()
})

test('the sessions of an account are listed with device and last use, those of others are not', async () => {
  const { browserAt, laptop } = await openShop()
  await browserAt('203.0.113.3').call().register({ email: 'bob@example.com', password })
  await browserAt('203.0.113.2').call().login(ann)
  const sessions = await laptop.call().sessions()
  expect(sessions).toHaveLength(2)
  expect(sessions.find(({ isCurrent }) => isCurrent)).toMatchObject({ device: 'Firefox, Linux' })
  expect(sessions.find(({ isCurrent }) => !isCurrent)).toMatchObject({ device: null })
  for (const { lastUsedAt, createdAt } of sessions) expect(Date.parse(lastUsedAt)).toBe(Date.parse(createdAt))
  expect(JSON.stringify(sessions)).not.toMatch(/token|203\.0/i)
})

test('a hostile user agent is shortened to a label', async () => {
  const { browserAt, laptop } = await openShop()
  await browserAt('203.0.113.2', undefined, `Firefox/${'x'.repeat(8_000)}<script>`)
    .call()
    .login(ann)
  const [, other] = (await laptop.call().sessions()).toSorted((a) => (a.isCurrent ? -1 : 1))
  expect(other?.device?.length ?? 0).toBeLessThanOrEqual(60)
  expect(other?.device ?? '').not.toContain('<')
})

test('a session can be ended from another one of the account, but not from another account', async () => {
  const { users, browserAt, laptop } = await openShop()
  const phone = browserAt('203.0.113.2')
  const { token } = await phone.call().login(ann)
  const id = (await laptop.call().sessions()).find(({ isCurrent }) => !isCurrent)?.id ?? ''
  const stranger = browserAt('203.0.113.3')
  await stranger.call().register({ email: 'bob@example.com', password })
  expect(await rejectionOf(stranger.call().endSession({ id }))).toMatchObject({ code: 'not_found' })
  expect(await users.authenticate(token)).not.toBeNull()
  expect(await laptop.call().endSession({ id })).toEqual({})
  expect(await users.authenticate(token)).toBeNull()
  const [own] = await laptop.call().sessions()
  await laptop.call().endSession({ id: own?.id ?? '' })
  expect(laptop.cookies.get('session')).toBeNull()
})

test('all other sessions of an account can be ended together', async () => {
  const { browserAt, laptop } = await openShop()
  for (const address of ['203.0.113.2', '203.0.113.3']) await browserAt(address).call().login(ann)
  expect(await laptop.call().endOtherSessions()).toEqual({ ended: 2 })
  expect(await laptop.call().sessions()).toHaveLength(1)
})

test('a session ends after its idle time, and its use extends it up to its lifetime', async () => {
  const { users, token, sql } = await openShop({ SESSION_DAYS: '30', SESSION_IDLE_DAYS: '14' })
  const until = async () =>
    (await sql('select round(extract(epoch from expires_at - now()) / 86400) as days from "user".session'))[0]
  expect(await until()).toEqual({ days: '14' })
  await sql(
    `update "user".session set last_seen_at = now() - interval '13 days', expires_at = now() + interval '1 day'`,
  )
  expect(await users.authenticate(token)).not.toBeNull()
  expect(await until()).toEqual({ days: '14' })
  await sql(`update "user".session set last_seen_at = now() - interval '1 day', ends_at = now() + interval '3 days'`)
  await users.authenticate(token)
  expect(await until()).toEqual({ days: '3' })
  await sql(`update "user".session set expires_at = now() - interval '1 second'`)
  expect(await users.authenticate(token)).toBeNull()
})

test('sessions of staff are shorter than those of customers', async () => {
  const { services, browserAt, sql } = await openShop()
  await seedAccounts(services, [{ email: 'sue@example.com', password, name: 'Sue', role: 'staff', locale: 'en' }])
  const { user } = await browserAt('203.0.113.9').call().login({ email: 'sue@example.com', password })
  const [session] = await sql(
    'select expires_at - created_at = $1 as idle, ends_at - created_at = $2 as absolute from "user".session where account_id = $3',
    ['1 hour', '12 hours', user.id],
  )
  expect(session).toEqual({ idle: true, absolute: true })
})

test('an ended, expired or unknown session is not live', async () => {
  const { database, users, laptop, token, sql } = await openShop()
  const session = await users.authenticate(token)
  const id = session?.id ?? ''
  const live = () => findLiveSessions(database.query, [id, '00000000-0000-4000-8000-000000000000'])
  expect(await live()).toEqual(new Set([id]))
  await sql(`update "user".session set expires_at = now() - interval '1 second'`)
  expect(await live()).toEqual(new Set())
  await sql(`update "user".session set expires_at = now() + interval '1 day'`)
  await laptop.call().logout()
  expect(await live()).toEqual(new Set())
})

test('a changed password replaces the old one and ends the other sessions', async () => {
  const { users, browserAt, laptop, token } = await openShop()
  const { token: other } = await browserAt('203.0.113.2').call().login(ann)
  const newPassword = 'staple battery horse'
  expect(await laptop.call().changePassword({ currentPassword: password, newPassword })).toEqual({})
  expect(await users.authenticate(token)).not.toBeNull()
  expect(await users.authenticate(other)).toBeNull()
  expect(await rejectionOf(browserAt('203.0.113.2').call().login(ann))).toMatchObject({ code: 'login_failed' })
  await browserAt('203.0.113.2')
    .call()
    .login({ ...ann, password: newPassword })
})

test('a password is changed only with the current one, whose guesses are limited', async () => {
  const { browserAt, laptop } = await openShop({ LOGIN_ATTEMPTS: '3' })
  const change = (currentPassword: string, newPassword = 'staple battery horse') =>
    rejectionOf(laptop.call().changePassword({ currentPassword, newPassword }))
  expect(await change(password, password)).toMatchObject({ code: 'bad_input' })
  expect(await change(password, 'ann@example.com')).toMatchObject({ code: 'password_weak' })
  const codes = []
  for (let n = 0; n < 5; n += 1) codes.push((await change('wrong password'))?.code)
  expect(codes).toEqual(['login_failed', 'login_failed', 'login_failed', 'too_many_requests', 'too_many_requests'])
  expect(await change(password)).toMatchObject({ code: 'too_many_requests' })
  expect(await rejectionOf(browserAt('203.0.113.2').call().sessions())).toMatchObject({ code: 'unauthenticated' })
})
