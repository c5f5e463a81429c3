import pg from 'pg'
import { expect, test } from 'vitest'
import { createLog } from '#telemetry'
import { createTestDatabase, startProxy, waitFor } from '#test'
import { guardPool } from './circuit-breaker.ts'
import { isUnreachable, openDatabase } from './index.ts'

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )

test('without Postgres only the first callers wait, and the breaker closes by itself', async () => {
  await using created = await createTestDatabase()
  await using proxy = await startProxy(created.url)
  proxy.blackHole()
  const database = openDatabase({ url: proxy.urlThrough(created.url), poolSize: 4, log: createLog('silent') })
  await using _ = { [Symbol.asyncDispose]: () => database.close() }
  const query = () => errorOf(database.pool.query('select 1'))
  const timedOut = expect.objectContaining({ message: expect.stringContaining('timeout') as string }) as Error

  // They end by the timeout of connections: the proxy never lets a reply through.
  const first = Array.from({ length: 20 }, query)
  expect(database.waitMs()).toBeGreaterThan(0)
  for (const error of await Promise.all(first)) {
    expect(isUnreachable(error)).toBe(true)
    expect(error).toEqual(timedOut)
  }
  expect(database.waitMs()).toBe(0)

  const later = await Promise.all(Array.from({ length: 1_000 }, query))
  expect(later.every(isUnreachable)).toBe(true)
  // One of them may be the probe; the others do not wait.
  const waited = later.filter((error) => !(error as Error).message.includes('the circuit breaker is open'))
  expect(waited.length).toBeLessThanOrEqual(1)

  proxy.restore()
  await waitFor(async () => (await query()) === undefined, { what: 'the breaker to close' })
  const healed = await Promise.all(Array.from({ length: 100 }, query))
  expect(healed.filter((error) => error !== undefined)).toEqual([])
})

test('callers beyond the waiting limit are rejected immediately, the others served', async () => {
  await using created = await createTestDatabase()
  // Without a timeout: only the limit can reject a caller before the connection is released.
  const pool = new pg.Pool({ connectionString: created.url, max: 1 })
  await using _ = { [Symbol.asyncDispose]: () => pool.end() }
  guardPool(pool, () => undefined)
  const holder = await pool.connect()
  const queries = Array.from({ length: 1_100 }, () => errorOf(pool.query('select 1')))
  for (const error of await Promise.all(queries.slice(1_000))) {
    expect(isUnreachable(error)).toBe(true)
    expect(error).toMatchObject({ message: expect.stringContaining('too many callers') as string })
  }
  holder.release()
  const served = await Promise.all(queries.slice(0, 1_000))
  expect(served.filter((error) => error !== undefined)).toEqual([])
})

test('a shop in maintenance cannot write', async () => {
  await using created = await createTestDatabase()
  const database = openDatabase({ url: created.url, poolSize: 1, isReadOnly: true, log: createLog('silent') })
  await using _ = { [Symbol.asyncDispose]: () => database.close() }
  await expect(database.pool.query('select 1')).resolves.toMatchObject({ rowCount: 1 })
  const error = await errorOf(database.pool.query(`delete from product.product`))
  expect(error).toMatchObject({ code: '25006' })
  expect(isUnreachable(error)).toBe(true)
})
