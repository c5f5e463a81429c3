import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '#config'
import { openDatabase } from '#db'
import { createLog } from '#telemetry'
import { createTestDatabase } from '#test'
import { createOrderWatch } from './order.watch.ts'

/** A process that watches orders, and sessions of an account. */
async function openWatch() {
  const created = await createTestDatabase()
  const log = createLog('silent')
  const database = openDatabase({ url: created.url, poolSize: 2, log })
  onTestFinished(async () => {
    await database.close()
    await created[Symbol.asyncDispose]()
  })
  const sql = (text: string, values: unknown[] = []) => database.pool.query(text, values)
  const [accountId, ended, live] = [randomUUID(), randomUUID(), randomUUID()]
  await sql(
    `insert into "user".account (id, email, locale, password_hash) values ($1, 'ann@example.com', 'en', 'none')`,
    [accountId],
  )
  for (const id of [ended, live])
    await sql(
      `insert into "user".session (id, account_id, token_hash, ends_at, expires_at)
       values ($1, $2, $3, now() + interval '1 day', now() + interval '1 day')`,
      [id, accountId, id],
    )
  const watch = createOrderWatch({ config: loadConfig({}), database, log })
  const id = randomUUID()
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const open = (sessionId: string | undefined) => watch.changes({ id, version: 1, sessionId }, controller.signal).next()
  return { sql, open, ended, live, controller }
}

test.each([
  ['is ended', 'delete from "user".session where id = $1'],
  ['expires', `update "user".session set expires_at = now() - interval '1 second' where id = $1`],
])('the stream of an order ends when its session %s, the streams of others go on', async (_, statement) => {
  const { sql, open, ended, live, controller } = await openWatch()
  const others = [open(live), open(undefined)]
  const stream = open(ended)
  await sql(statement, [ended])
  expect(await stream).toEqual({ done: true, value: undefined })
  expect(await Promise.race([...others, Promise.resolve('open')])).toBe('open')
  controller.abort()
  await Promise.all(others)
})
