import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { createLog } from '#telemetry'
import { createTestDatabase, startProxy, waitFor } from '#test'
import { openDatabase, warmUp } from './index.ts'

test('a connection lost between two listeners ends neither process nor next query', async () => {
  await using created = await createTestDatabase()
  const database = openDatabase({ url: created.url, poolSize: 2, log: createLog('silent') })
  await using _ = { [Symbol.asyncDispose]: () => database.close() }
  // The pool has removed its listener, and the borrower has not added one yet.
  const client = await database.pool.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  await database.query.execute(sql`select pg_terminate_backend(${rows[0]?.pid})`)
  const isLost = (): Promise<boolean> =>
    client.query('select 1').then(
      () => false,
      (error: Error) => error.message.includes('not queryable'),
    )
  await waitFor(isLost, { what: 'the connection to be lost' })
  client.release()
  for (let n = 0; n < 4; n += 1) expect((await database.query.execute(sql`select 1`)).rowCount).toBe(1)
  expect(database.pool.totalCount).toBeLessThanOrEqual(1)
})

test('warmUp opens all connections of the pool, and throws nothing without Postgres', async () => {
  await using created = await createTestDatabase()
  await using proxy = await startProxy(created.url)
  const database = openDatabase({ url: proxy.urlThrough(created.url), poolSize: 3, log: createLog('silent') })
  await using _ = { [Symbol.asyncDispose]: () => database.close() }
  await warmUp(database)
  expect(database.pool.idleCount).toBe(3)
  proxy.rejectConnections()
  proxy.reset()
  await waitFor(() => database.pool.totalCount === 0, { what: 'the connections to be lost' })
  await warmUp(database)
  expect(database.pool.totalCount).toBe(0)
})
