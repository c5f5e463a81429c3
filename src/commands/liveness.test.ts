import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '#db'
import { createLog, metrics } from '#telemetry'
import { createTestDatabase, waitFor } from '#test'
import { watchLiveness } from './liveness.ts'

const log = createLog('silent')
const everyMs = 20

/** The liveness monitor of a process with this sweep. */
async function openLiveness(url: string, sweep: { lastAt(): number }) {
  const database = openDatabase({ url, poolSize: 2, log })
  const liveness = watchLiveness({ database, sweep, everyMs })
  const stop = async () => {
    liveness.stop()
    await database.close()
  }
  return { database, liveness, stop }
}

const rounds = (count: number) => {
  const until = performance.now() + count * everyMs
  return waitFor(() => performance.now() > until, { what: `${count} rounds` })
}

async function openTestDatabase() {
  const database = await createTestDatabase()
  onTestFinished(() => database[Symbol.asyncDispose]())
  return database.url
}

test('a sweep that is stuck while Postgres responds is reported until it makes progress', async () => {
  let at = 1
  const { liveness, stop } = await openLiveness(await openTestDatabase(), { lastAt: () => at })
  expect(liveness.isSweeping()).toBe(true)
  await waitFor(() => !liveness.isSweeping(), { what: 'the sweep to be found stuck' })
  at += 1
  await waitFor(() => liveness.isSweeping(), { what: 'the sweep to be found alive' })
  await stop()
})

test('a sweep is alive while it makes progress, and while Postgres is away', async () => {
  let at = 1
  const moving = await openLiveness(await openTestDatabase(), { lastAt: () => (at += 1) })
  const away = await openLiveness('postgres://127.0.0.1:1/none', { lastAt: () => 1 })
  await rounds(20)
  expect(moving.liveness.isSweeping()).toBe(true)
  expect(away.liveness.isSweeping()).toBe(true)
  await Promise.all([moving.stop(), away.stop()])
})

test('the age of the oldest transaction is a metric', async () => {
  const { database, stop } = await openLiveness(await openTestDatabase(), { lastAt: () => Date.now() })
  const age = async () => (await metrics.oldestTransactionSeconds.get()).values[0]?.value ?? 0
  const client = await database.pool.connect()
  await client.query(
    'begin; set local transaction_timeout = 0; set local idle_in_transaction_session_timeout = 0; select 1',
  )
  await waitFor(async () => (await age()) > 0.2, { what: 'the open transaction' })
  await client.query('rollback')
  client.release()
  await waitFor(async () => (await age()) < 0.1, { what: 'its end' })
  await stop()
})
