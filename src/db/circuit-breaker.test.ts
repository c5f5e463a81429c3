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

test('without Postgres only the first callers wait, and the breaker closes by itself', async () => {
  await using created = await createTestDatabase()
  await using proxy = await startProxy(created.url)
  proxy.blackHole()
  const database = openDatabase({ url: proxy.urlThrough(created.url), poolSize: 4, log: createLog('silent') })
  await using _ = { [Symbol.asyncDispose]: () => database.close() }
  const query = () => timed(database.pool.query('select 1'))

  const first = Array.from({ length: 20 }, query)
  expect(database.waitMs()).toBeGreaterThan(0)
  for (const { error, ms } of await Promise.all(first)) {
    expect(isUnreachable(error)).toBe(true)
    expect(ms).toBeLessThan(2_500)
  }
  expect(database.waitMs()).toBe(0)

  const later = await Promise.all(Array.from({ length: 1_000 }, query))
  expect(later.every(({ error }) => isUnreachable(error))).toBe(true)
  // One of them may be the probe.
  expect(later.filter(({ ms }) => ms > 500).length).toBeLessThanOrEqual(1)

  proxy.restore()
  await waitFor(async () => (await query()).error === undefined, { timeoutMs: 5_000, what: 'the breaker to close' })
  const healed = await Promise.all(Array.from({ length: 100 }, query))
  expect(healed.filter(({ error }) => error !== undefined)).toEqual([])
})

test('callers beyond the waiting limit are rejected immediately, the others served', async () => {
  await using created = await createTestDatabase()
  const database = openDatabase({ url: created.url, poolSize: 1, log: createLog('silent') })
  await using _ = { [Symbol.asyncDispose]: () => database.close() }
  const holder = await database.pool.connect()
  const queries = Array.from({ length: 1_100 }, () => timed(database.pool.query('select 1')))
  const rejected = await Promise.all(queries.slice(1_000))
  expect(rejected.every(({ error, ms }) => isUnreachable(error) && ms < 500)).toBe(true)
  holder.release()
  const served = await Promise.all(queries.slice(0, 1_000))
  expect(served.filter(({ error }) => error !== undefined)).toEqual([])
})

test('a shop in maintenance cannot write', async () => {
  await using created = await createTestDatabase()
  const database = openDatabase({ url: created.url, poolSize: 1, isReadOnly: true, log: createLog('silent') })
  await using _ = { [Symbol.asyncDispose]: () => database.close() }
  await expect(database.pool.query('select 1')).resolves.toMatchObject({ rowCount: 1 })
  const { error } = await timed(database.pool.query(`delete from product.product`))
  expect(error).toMatchObject({ code: '25006' })
  expect(isUnreachable(error)).toBe(true)
})
