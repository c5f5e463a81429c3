import { expect, test } from 'vitest'
import { createTestDatabase, startRedis, waitFor } from '#test'
import { openShopOn, password, rejectionOf } from '../user.fixture.ts'

const openShop = async (env?: Record<string, string>) => openShopOn(await createTestDatabase(), env)

type Shop = Awaited<ReturnType<typeof openShop>>

/** Wrong passwords for one account, each from a network of its own. @returns the codes of their errors */
async function guessFrom(shops: Shop[], networks: number, email: string): Promise<(string | undefined)[]> {
  const guesses = Array.from({ length: networks }, (_, n) =>
    shops[n % shops.length]?.browserAt(`198.51.100.${n}`).call().login({ email, password: 'wrong password' }),
  )
  const rejections = await Promise.all(guesses.map((guess) => rejectionOf(guess ?? Promise.resolve())))
  return rejections.map((rejection) => rejection?.code)
}

const count = (codes: (string | undefined)[], code: string) => codes.filter((each) => each === code).length

test('guesses at one account from ever new networks are limited, its owner’s browser is not', async () => {
  const shop = await openShop({ LOGIN_ATTEMPTS: '3' })
  const owner = shop.browserAt('203.0.113.1')
  await owner.call().register({ email: 'ann@example.com', password })
  const codes = await guessFrom([shop], 30, 'ann@example.com')
  expect(count(codes, 'login_failed')).toBe(9)
  expect(count(codes, 'too_many_requests')).toBe(21)
  await owner.call().login({ email: 'ann@example.com', password })
  const elsewhere = shop.browserAt('198.51.100.200')
  elsewhere.cookies.set('device', owner.cookies.get('device') ?? null)
  expect((await elsewhere.call().login({ email: 'ann@example.com', password })).user.email).toBe('ann@example.com')
})

test('replicas share the limit of an account', async () => {
  await using redis = await startRedis()
  const database = await createTestDatabase()
  const env = { LOGIN_ATTEMPTS: '3', REDIS_URL: redis.url }
  const first = await openShopOn(database, env)
  const second = await openShopOn({ url: database.url, [Symbol.asyncDispose]: async () => undefined }, env)
  for (const { services } of [first, second]) {
    const probe = services.rateLimits.define({ name: 'probe', points: 1_000, seconds: 60 })
    const isShared = async () => {
      await probe.consume('probe')
      return ((await redis.call('keys', '*probe*')) as string[]).length > 0
    }
    await waitFor(isShared, { what: 'counting in Redis' })
    await redis.flushAll()
  }
  const codes = await guessFrom([first, second], 20, 'ann@example.com')
  expect(count(codes, 'login_failed')).toBe(9)
})

test('a device is known for the accounts that it has logged in to, and its guesses have a limit', async () => {
  const shop = await openShop({ LOGIN_ATTEMPTS: '3' })
  const eve = shop.browserAt('203.0.113.66')
  await eve.call().register({ email: 'eve@example.com', password })
  await shop.browserAt('203.0.113.1').call().register({ email: 'ann@example.com', password })
  await guessFrom([shop], 30, 'ann@example.com')
  const asKnown = shop.browserAt('203.0.113.67')
  for (const forged of [eve.cookies.get('device') ?? '', 'x', `${'a'.repeat(22)}.${'a'.repeat(43)}`]) {
    asKnown.cookies.set('device', forged)
    expect(await rejectionOf(asKnown.call().login({ email: 'ann@example.com', password }))).toMatchObject({
      code: 'too_many_requests',
    })
  }
  const codes = []
  for (let n = 0; n < 5; n += 1) {
    const moving = shop.browserAt(`198.51.100.${100 + n}`)
    moving.cookies.set('device', eve.cookies.get('device') ?? null)
    codes.push(await rejectionOf(moving.call().login({ email: 'eve@example.com', password: 'wrong password' })))
  }
  expect(codes.map((rejection) => rejection?.code)).toEqual([
    ...Array<string>(3).fill('login_failed'),
    ...Array<string>(2).fill('too_many_requests'),
  ])
})

test('rejected attempts at one account do not lock out the others of their network', async () => {
  const { browserAt } = await openShop({ LOGIN_ATTEMPTS: '3' })
  const office = browserAt('203.0.113.1')
  await office.call().register({ email: 'bob@example.com', password })
  for (let n = 0; n < 50; n += 1)
    await rejectionOf(office.call().login({ email: 'ann@example.com', password: 'wrong' }))
  const colleague = browserAt('203.0.113.1')
  expect((await colleague.call().login({ email: 'bob@example.com', password })).user.email).toBe('bob@example.com')
})

test('right logins of a network are limited too, and a rejection tells the time to wait', async () => {
  const { browserAt, sql } = await openShop({ LOGIN_ATTEMPTS: '1' })
  const caller = browserAt('203.0.113.1').call()
  await caller.register({ email: 'ann@example.com', password })
  const logins = Array.from({ length: 25 }, () => caller.login({ email: 'ann@example.com', password }))
  const outcomes = await Promise.allSettled(logins)
  expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(20)
  for (let n = 0; n < 20; n += 1) await rejectionOf(caller.login({ email: 'ann@example.com', password }))
  await expect(caller.login({ email: 'ann@example.com', password })).rejects.toMatchObject({
    cause: { code: 'too_many_requests', retryAfterSeconds: expect.closeTo(870, -2) as number },
  })
  expect((await sql('select 1 from "user".session')).length).toBeLessThanOrEqual(20)
})

test('an account has at most 20 sessions: the one used longest ago ends', async () => {
  const { users, browserAt, sql } = await openShop({ LOGIN_ATTEMPTS: '100' })
  const { token } = await browserAt('203.0.113.1').call().register({ email: 'ann@example.com', password })
  await sql(`insert into "user".session (id, account_id, token_hash, last_seen_at, ends_at, expires_at)
    select gen_random_uuid(), id, 'session-' || n, now() - interval '1 hour', now() + interval '1 day', now() + interval '1 day'
    from "user".account, generate_series(1, 203) n`)
  const signIns = Array.from({ length: 3 }, (_, n) =>
    browserAt(`203.0.113.${n}`).call().login({ email: 'ann@example.com', password }),
  )
  for (const signedIn of await Promise.all(signIns)) expect(await users.authenticate(signedIn.token)).not.toBeNull()
  expect(await users.authenticate(token)).not.toBeNull()
  expect(await sql('select 1 from "user".session')).toHaveLength(20)
})
