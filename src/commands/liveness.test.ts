import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '#db'
import { createLog, metrics } from '#telemetry'
import { createTestDatabase, waitFor } from '#test'
import { watchLiveness } from './liveness.ts'

const log = createLog('silent')
const everyMs = 20

/** Vitals of a process whose sweep says when it last came round. */
async function openVitals(url: string, sweep: { lastAt(): number }) {
  const database = openDatabase({ url, poolSize: 2, log })
  const vitals = watchLiveness({ database, sweep, everyMs })
  const stop = async () => {
    vitals.stop()
    await database.close()
  }
  return { database, vitals, stop }
}

const rounds = (many: number) => {
  const until = performance.now() + many * everyMs
  return waitFor(() => performance.now() > until, { what: `${many} rounds` })
}

async function openDatabaseOfTest() {
  const database = await createTestDatabase()
  onTestFinished(() => database[Symbol.asyncDispose]())
  return database.url
}

test('a sweep that stands still though Postgres answers is told, until it comes round again', async () => {
  let at = 1
  const { vitals, stop } = await openVitals(await openDatabaseOfTest(), { lastAt: () => at })
  expect(vitals.isSweeping()).toBe(true)
  await waitFor(() => !vitals.isSweeping(), { what: 'the sweep to be found stuck' })
  at += 1
  await waitFor(() => vitals.isSweeping(), { what: 'the sweep to be found alive' })
  await stop()
})

test('a sweep that comes round is alive, and one that stands still because Postgres is away is not blamed', async () => {
  let at = 1
  const moving = await openVitals(await openDatabaseOfTest(), { lastAt: () => (at += 1) })
  const away = await openVitals('postgres://127.0.0.1:1/none', { lastAt: () => 1 })
  await rounds(20)
  expect(moving.vitals.isSweeping()).toBe(true)
  expect(away.vitals.isSweeping()).toBe(true)
  await Promise.all([moving.stop(), away.stop()])
})

test('the age of the oldest transaction is a metric', async () => {
  const { database, stop } = await openVitals(await openDatabaseOfTest(), { lastAt: () => Date.now() })
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
