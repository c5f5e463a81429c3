import { verify } from '@node-rs/argon2'
import { beforeEach, expect, test, vi } from 'vitest'
import { errorKinds } from '#errors'
import { createTestDatabase } from '#test'
import { openShopOn, password, rejectionOf } from '../user.fixture.ts'

const openShop = async (env?: Record<string, string>) => openShopOn(await createTestDatabase(), env)

// A spy on the real library shows that the hash is also verified for accounts that do not exist.
vi.mock('@node-rs/argon2', { spy: true })
beforeEach(() => void vi.mocked(verify).mockClear())

test('registration logs in immediately, by cookie and by token, as a customer', async () => {
  const { users, browserAt } = await openShop()
  const browser = browserAt('203.0.113.1')
  const { user, token } = await browser
    .call()
    .register({ email: 'Ann.Lee@Example.com', password, name: ' Ann ', locale: 'zh' })
  expect(user).toMatchObject({ email: 'ann.lee@example.com', name: 'Ann', locale: 'zh', role: 'customer' })
  expect(user).not.toHaveProperty('passwordHash')
  expect(new Date(user.createdAt).toISOString()).toBe(user.createdAt)
  expect(browser.cookies.get('session')).toBe(token)
  expect(await browser.call().me()).toEqual(user)
  expect(await users.authenticate(token)).toMatchObject({
    userId: user.id,
    email: user.email,
    role: 'customer',
    locale: 'zh',
  })
})

test('neither token nor password is stored, and the hash has the cost OWASP recommends', async () => {
  const { browserAt, sql } = await openShop()
  const { token } = await browserAt('203.0.113.1').call().register({ email: 'ann@example.com', password })
  const [session] = await sql('select s::text as row from "user".session s')
  const [account] = await sql('select a::text as row, password_hash from "user".account a')
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(String(session?.['row'])).not.toContain(token)
  expect(String(account?.['row'])).not.toContain(password)
  expect(account?.['password_hash']).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('one of several concurrent registrations of an email succeeds, the others fail', async () => {
  const { browserAt, sql } = await openShop()
  const spellings = ['ann@example.com', 'ANN@example.com', 'Ann@Example.COM', 'ann@EXAMPLE.com']
  const registrations = spellings.map((email) => browserAt('203.0.113.1').call().register({ email, password }))
  const codes = (await Promise.all(registrations.map(rejectionOf))).map((rejection) => rejection?.code ?? 'registered')
  expect(codes.toSorted()).toEqual(['email_taken', 'email_taken', 'email_taken', 'registered'])
  expect(await sql('select 1 from "user".account')).toHaveLength(1)
  expect(await sql('select 1 from "user".session')).toHaveLength(1)
})

test('registration rejects the email as password in any spelling, and a role', async () => {
  const { browserAt, sql } = await openShop()
  const caller = browserAt('203.0.113.1').call()
  await expect(caller.register({ email: 'ann@example.com', password: ' ANN@example.com' })).rejects.toMatchObject({
    cause: { code: 'password_weak', field: 'password' },
  })
  const asStaff = { email: 'ann@example.com', password, role: 'staff' }
  await expect(caller.register(asStaff)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  expect(await sql('select 1 from "user".account')).toHaveLength(0)
})

test('login ignores the case of the email and the Unicode form of the password', async () => {
  const { browserAt } = await openShop()
  const registered = await browserAt('203.0.113.1')
    .call()
    .register({ email: 'ann@example.com', password: 'caf\u00e9 au lait' })
  const signedIn = await browserAt('203.0.113.2')
    .call()
    .login({ email: 'Ann@EXAMPLE.com', password: 'cafe\u0301 au lait', code: '123456' })
  expect(signedIn.user).toEqual(registered.user)
  expect(signedIn.token).not.toBe(registered.token)
})

test('login does not reveal whether an account exists: same error, same work', async () => {
  const { browserAt } = await openShop()
  const caller = browserAt('203.0.113.1').call()
  await caller.register({ email: 'ann@example.com', password })
  const wrong = await rejectionOf(caller.login({ email: 'ann@example.com', password: 'wrong password' }))
  const missing = await rejectionOf(caller.login({ email: 'bob@example.com', password: 'wrong password' }))
  expect(wrong?.code).toBe('login_failed')
  expect(missing).toEqual(wrong)
  const costs = vi.mocked(verify).mock.calls.map(([hash]) => String(hash).split('$').slice(0, 4).join('$'))
  expect(costs).toHaveLength(2)
  expect(costs[0]).toBe(costs[1])
  const lengths = vi.mocked(verify).mock.calls.map(([hash]) => hash.length)
  expect(lengths[0]).toBe(lengths[1])
})

test('guesses beyond an address’s limit are rejected, even concurrent or right ones', async () => {
  const { browserAt } = await openShop({ LOGIN_ATTEMPTS: '3' })
  const guesser = browserAt('203.0.113.66').call()
  await browserAt('203.0.113.1').call().register({ email: 'ann@example.com', password })
  const guesses = Array.from({ length: 8 }, () =>
    guesser.login({ email: 'ann@example.com', password: 'wrong password' }),
  )
  const codes = (await Promise.all(guesses.map(rejectionOf))).map((rejection) => rejection?.code)
  expect(codes.filter((code) => code === 'login_failed')).toHaveLength(3)
  expect(codes.filter((code) => code === 'too_many_requests')).toHaveLength(5)
  expect(verify).toHaveBeenCalledTimes(3)
  expect(await rejectionOf(guesser.login({ email: 'ann@example.com', password }))).toMatchObject({
    code: 'too_many_requests',
  })
  expect((await browserAt('203.0.113.1').call().login({ email: 'ann@example.com', password })).user.email).toBe(
    'ann@example.com',
  )
})

test('missing accounts are limited too, and an address cannot try ever new accounts', async () => {
  const { browserAt } = await openShop({ LOGIN_ATTEMPTS: '2' })
  const guesser = browserAt('203.0.113.66').call()
  const guess = (email: string) => guesser.login({ email, password: 'wrong password' })
  for (const email of ['nobody@example.com', 'nobody@example.com'])
    expect(await rejectionOf(guess(email))).toMatchObject({ code: 'login_failed' })
  expect(await rejectionOf(guess('nobody@example.com'))).toMatchObject({ code: 'too_many_requests' })
  for (let account = 3; account < 11; account += 1)
    expect(await rejectionOf(guess(`a${account}@example.com`))).toMatchObject({ code: 'login_failed' })
  expect(await rejectionOf(guess('a11@example.com'))).toMatchObject({ code: 'too_many_requests' })
})

test('a login resets the count of failures, and right logins are never counted', async () => {
  const { browserAt } = await openShop({ LOGIN_ATTEMPTS: '2' })
  const caller = browserAt('203.0.113.1').call()
  await caller.register({ email: 'ann@example.com', password })
  for (let round = 0; round < 4; round += 1) {
    expect(await rejectionOf(caller.login({ email: 'ann@example.com', password: 'wrong password' }))).toMatchObject({
      code: 'login_failed',
    })
    await caller.login({ email: 'ann@example.com', password })
    await caller.login({ email: 'ann@example.com', password })
  }
})

test('registrations of one address are rejected beyond the limit, including taken emails', async () => {
  const { browserAt } = await openShop({ REGISTER_ATTEMPTS: '2' })
  const caller = browserAt('203.0.113.1').call()
  await caller.register({ email: 'ann@example.com', password })
  expect(await rejectionOf(caller.register({ email: 'ann@example.com', password }))).toMatchObject({
    code: 'email_taken',
  })
  expect(await rejectionOf(caller.register({ email: 'bob@example.com', password }))).toMatchObject({
    code: 'too_many_requests',
  })
  await browserAt('203.0.113.2').call().register({ email: 'bob@example.com', password })
})

test('without Postgres calls are `unavailable`, and no secret reaches log or error', async () => {
  const { users, browserAt, database, logged } = await openShop({ LOGIN_ATTEMPTS: '1' })
  const browser = browserAt('203.0.113.1')
  const { token } = await browser.call().register({ email: 'ann@example.com', password })
  await database.close()
  const attempts = [
    () => browser.call().register({ email: 'bob@example.com', password }),
    () => browser.call().login({ email: 'ann@example.com', password }),
    // Not counted as a guess: otherwise the second would be rejected, since one attempt is allowed.
    () => browser.call().login({ email: 'ann@example.com', password }),
    () => browser.call().logout(),
  ]
  for (const attempt of attempts) {
    expect(await rejectionOf(attempt())).toEqual({ code: 'unavailable', message: errorKinds.unavailable.message })
  }
  await expect(users.authenticate(token)).rejects.toThrow('Failed query')
  const log = logged.join('\n')
  expect(log).toContain('a call was unavailable')
  for (const secret of [password, token, 'ann@example.com', 'bob@example.com']) expect(log).not.toContain(secret)
})
