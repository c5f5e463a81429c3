import { expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { createStaffAccounts, seedAccounts } from '../index.ts'
import { openShopOn, password, rejectionOf } from '../user.fixture.ts'

const sue = 'sue@example.com'

async function openShop(env?: Record<string, string>) {
  const shop = await openShopOn(await createTestDatabase(), env)
  const logIn = (given: string, address = '203.0.113.9') =>
    shop.browserAt(address).call().login({ email: sue, password: given })
  const actions = async () =>
    (await shop.sql('select action from "user".audit order by id')).map(({ action }) => action)
  return { ...shop, accounts: createStaffAccounts(shop.services), logIn, actions }
}

test('an added account of staff logs in with its generated password, until that expires', async () => {
  const { accounts, logIn, actions, sql } = await openShop()
  const { generated = '' } = await accounts.add('Sue@Example.com')
  expect(generated).toMatch(/^[\w-]{20}$/)
  const { user } = await logIn(generated)
  expect(user).toMatchObject({ email: sue, role: 'staff' })
  expect(Date.parse(user.passwordExpiresAt ?? '') - Date.parse(user.createdAt)).toBeLessThan(86_500_000)
  expect(await accounts.list()).toMatchObject([{ email: sue, state: 'active' }])
  expect(await actions()).toEqual(['account.add'])
  await sql(`update "user".account set password_expires_at = now() - interval '1 second'`)
  expect(await rejectionOf(logIn(generated))).toMatchObject({ code: 'login_failed' })
  expect(await accounts.list()).toMatchObject([{ state: 'password_expired' }])
})

test('a changed password of staff does not expire', async () => {
  const { accounts, browserAt } = await openShop()
  const { generated = '' } = await accounts.add(sue)
  const browser = browserAt('203.0.113.9')
  await browser.call().login({ email: sue, password: generated })
  await browser.call().changePassword({ currentPassword: generated, newPassword: password })
  expect(await browser.call().me()).toMatchObject({ passwordExpiresAt: null })
})

test('a removed account of staff loses its sessions and cannot log in until it is added again', async () => {
  const { accounts, users, logIn, actions } = await openShop()
  await accounts.add(sue, password)
  const { token } = await logIn(password)
  await accounts.remove(sue)
  expect(await users.authenticate(token)).toBeNull()
  expect(await rejectionOf(logIn(password))).toMatchObject({ code: 'login_failed' })
  expect(await accounts.list()).toMatchObject([{ state: 'removed' }])
  const { generated = '' } = await accounts.add(sue)
  await logIn(generated)
  expect(await rejectionOf(logIn(password))).toMatchObject({ code: 'login_failed' })
  expect(await actions()).toEqual(['account.add', 'account.remove', 'account.enable'])
})

test('a reset password ends the sessions of the account', async () => {
  const { accounts, users, logIn, actions } = await openShop()
  await accounts.add(sue, password)
  const { token } = await logIn(password)
  expect(await accounts.resetPassword(sue, 'staple battery horse')).toEqual({ generated: undefined })
  expect(await users.authenticate(token)).toBeNull()
  await logIn('staple battery horse')
  expect(await actions()).toEqual(['account.add', 'account.reset_password'])
})

test('accounts of staff are separate from those of customers, and each rejection changes nothing', async () => {
  const { accounts, browserAt, actions } = await openShop()
  await browserAt('203.0.113.1').call().register({ email: 'ann@example.com', password })
  await accounts.add(sue, password)
  await expect(accounts.add('ann@example.com')).rejects.toMatchObject({ code: 'email_taken' })
  await expect(accounts.add(sue)).rejects.toThrow('reset-password')
  await expect(accounts.remove('ann@example.com')).rejects.toMatchObject({ code: 'not_found' })
  await expect(accounts.resetPassword('nobody@example.com')).rejects.toMatchObject({ code: 'not_found' })
  await expect(accounts.add('not an address')).rejects.toMatchObject({ code: 'bad_input' })
  await expect(accounts.add('bob@example.com', 'password')).rejects.toMatchObject({ code: 'password_weak' })
  await expect(accounts.add('bob@example.com', 'short')).rejects.toMatchObject({ code: 'bad_input' })
  expect(await actions()).toEqual(['account.add'])
  expect(await accounts.list()).toHaveLength(1)
})

test('a demo account can neither log in nor keep a session in production', async () => {
  const database = await createTestDatabase()
  const trial = await openShopOn(database)
  await seedAccounts(trial.services, [{ email: sue, password, name: 'Sue', role: 'staff', locale: 'en' }])
  const { token } = await trial.browserAt('203.0.113.9').call().login({ email: sue, password })
  const production = await openShopOn(
    { url: database.url, [Symbol.asyncDispose]: async () => undefined },
    { NODE_ENV: 'production' },
  )
  expect(await production.users.authenticate(token)).toBeNull()
  const login = production.browserAt('203.0.113.9').call().login({ email: sue, password })
  expect(await rejectionOf(login)).toMatchObject({ code: 'login_failed' })
})
