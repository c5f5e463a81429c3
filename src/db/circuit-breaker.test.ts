import { expect, test } from 'vitest'
import { createLog } from '#telemetry'
import { createTestDatabase, startProxy, waitFor } from '#test'
import { isUnreachable, openDatabase } from './index.ts'

const timed = async (work: Promise<unknown>) => {
  const startedAt = performance.now()
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { error, ms: performance.now() - startedAt }
}

test('while Postgres does not answer only the first callers wait for it, and it is found again by itself', async () => {
  await using created = await createTestDatabase()
  await using proxy = await startProxy(created.url)
  proxy.blackHole()
  const database = openDatabase({ url: proxy.by(created.url), poolSize: 4, log: createLog('silent') })
  await using _ = { [Symbol.asyncDispose]: () => database.close() }
  const ask = () => timed(database.pool.query('select 1'))

  const first = Array.from({ length: 20 }, ask)
  expect(database.waitMs()).toBeGreaterThan(0)
  for (const { error, ms } of await Promise.all(first)) {
    expect(isUnreachable(error)).toBe(true)
    expect(ms).toBeLessThan(2_500)
  }
  expect(database.waitMs()).toBe(0)

  const later = await Promise.all(Array.from({ length: 1_000 }, ask))
  expect(later.every(({ error }) => isUnreachable(error))).toBe(true)
  // One of them may be the one that tries.
  expect(later.filter(({ ms }) => ms > 500).length).toBeLessThanOrEqual(1)

  proxy.heal()
  await waitFor(async () => (await ask()).error === undefined, { timeoutMs: 5_000, what: 'Postgres to be found again' })
  const healed = await Promise.all(Array.from({ length: 100 }, ask))
  expect(healed.filter(({ error }) => error !== undefined)).toEqual([])
})

test('more callers than can be served in time are refused at once, and those who wait are served', async () => {
  await using created = await createTestDatabase()
  const database = openDatabase({ url: created.url, poolSize: 1, log: createLog('silent') })
  await using _ = { [Symbol.asyncDispose]: () => database.close() }
  const holder = await database.pool.connect()
  const asked = Array.from({ length: 1_100 }, () => timed(database.pool.query('select 1')))
  const refused = await Promise.all(asked.slice(1_000))
  expect(refused.every(({ error, ms }) => isUnreachable(error) && ms < 500)).toBe(true)
  holder.release()
  const served = await Promise.all(asked.slice(0, 1_000))
  expect(served.filter(({ error }) => error !== undefined)).toEqual([])
})

test('a shop in maintenance cannot write, whatever it tries', async () => {
  await using created = await createTestDatabase()
  const database = openDatabase({ url: created.url, poolSize: 1, isReadOnly: true, log: createLog('silent') })
  await using _ = { [Symbol.asyncDispose]: () => database.close() }
  await expect(database.pool.query('select 1')).resolves.toMatchObject({ rowCount: 1 })
  const { error } = await timed(database.pool.query(`delete from product.product`))
  expect(error).toMatchObject({ code: '25006' })
  expect(isUnreachable(error)).toBe(true)
})
