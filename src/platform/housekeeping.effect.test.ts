import { sql } from 'drizzle-orm'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createActors } from '#actor'
import { openDatabase } from '#db'
import { createLog } from '#telemetry'
import { createTestDatabase, waitFor } from '#test'
import { createHousekeeping, housekeepingSchedule, type Cleaner } from './housekeeping.effect.ts'

const log = createLog('silent')
const idle: Cleaner = () => Promise.resolve(0)
/** A cleaner that deletes nothing and reports each call. */
const spyCleaner =
  (onCall: () => void): Cleaner =>
  async () => {
    onCall()
    return 0
  }

afterEach(() => void vi.useRealTimers())

/** A database, and processes on it that run only housekeeping. */
async function openShop() {
  const stack = new AsyncDisposableStack()
  const { url } = stack.use(await createTestDatabase())
  const open = () => {
    const database = openDatabase({ url, poolSize: 3, log })
    stack.defer(() => database.close())
    return database
  }
  const own = open()
  const scheduled = async () =>
    (
      await own.query.execute<{ inSeconds: number; tries: number; attempts: number }>(sql`
        select extract(epoch from due_at - clock_timestamp())::float8 as "inSeconds", tries, attempts
        from actor.mailbox where kind = 'housekeeping'`)
    ).rows
  return {
    scheduled,
    /** Waits until the outcome of a run is written, which happens after its cleaners were called. */
    untilScheduled: () =>
      waitFor(async () => (await scheduled()).every(({ inSeconds }) => inSeconds > 0), {
        what: 'the next run to be scheduled',
      }),
    execute: (statement: ReturnType<typeof sql>) => own.query.execute(statement),
    start(cleaners: Record<string, Cleaner>) {
      const database = open()
      const housekeeping = createHousekeeping({ log, cleaners })
      const actors = createActors({
        database,
        log,
        batching: { batchMax: 128, turnsMax: 2 },
        actors: [],
        effects: [housekeeping],
        wake: () => undefined,
      })
      stack.defer(() => actors.stop())
      return { actors, run: () => actors.handle('housekeeping', ['shop']) }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const expectInTenMinutes = (messages: { inSeconds: number }[]): void => {
  expect(messages).toHaveLength(1)
  expect(messages[0]?.inSeconds).toBeGreaterThan(590)
  expect(messages[0]?.inSeconds).toBeLessThanOrEqual(600)
}

describe('housekeeping', () => {
  test('is scheduled once and runs once per period, however many replicas schedule and sweep', async () => {
    await using shop = await openShop()
    let runs = 0
    const cleaners = { things: spyCleaner(() => (runs += 1)) }
    const replicas = [1, 2, 3].map(() => shop.start(cleaners))
    for (let round = 1; round <= 3; round += 1) {
      await Promise.all(replicas.map(({ actors }) => actors.schedule(housekeepingSchedule)))
      expect(await shop.scheduled()).toHaveLength(1)
      await Promise.all([...replicas, ...replicas].map(({ run }) => run()))
      expect(runs).toBe(round)
      expectInTenMinutes(await shop.scheduled())
      await shop.execute(sql`update actor.mailbox set due_at = now()`)
    }
    const sweeps = replicas.map(({ actors }) => actors.startSweep())
    await waitFor(() => runs === 4, { what: 'the sweep to run it' })
    await shop.untilScheduled()
    await Promise.all(sweeps.map((sweep) => sweep.stop()))
    expectInTenMinutes(await shop.scheduled())
    expect(runs).toBe(4)
  })

  test('runs the other cleaners when one fails, and runs again on schedule', async () => {
    await using shop = await openShop()
    const cleaned: string[] = []
    const { actors, run } = shop.start({
      first: spyCleaner(() => cleaned.push('first')),
      broken: () => Promise.reject(new Error('no such table')),
      last: spyCleaner(() => cleaned.push('last')),
    })
    await actors.schedule(housekeepingSchedule)
    await run()
    expect(cleaned).toEqual(['first', 'last'])
    expectInTenMinutes(await shop.scheduled())
  })

  test('deletes a bounded number of rows per run, and runs again soon when rows are left', async () => {
    await using shop = await openShop()
    const limits: number[] = []
    let left = 25_500
    const { actors, run } = shop.start({
      idle,
      things: (limit) => {
        limits.push(limit)
        const deleted = Math.min(limit, left)
        left -= deleted
        return Promise.resolve(deleted)
      },
    })
    await actors.schedule(housekeepingSchedule)
    await run()
    expect(new Set(limits)).toEqual(new Set([1_000]))
    expect(left).toBe(5_500)
    const [message] = await shop.scheduled()
    expect(message?.inSeconds).toBeLessThanOrEqual(5)
    await shop.execute(sql`update actor.mailbox set due_at = now()`)
    await run()
    expect(left).toBe(0)
    expectInTenMinutes(await shop.scheduled())
  })

  test('is taken over by another process when its own is killed, and stays one schedule', async () => {
    await using shop = await openShop()
    const [started, frozen] = [Promise.withResolvers<void>(), Promise.withResolvers<number>()]
    const killed = shop.start({ things: () => (started.resolve(), frozen.promise) })
    await killed.actors.schedule(housekeepingSchedule)
    const run = killed.run()
    await started.promise
    let runs = 0
    const other = shop.start({ things: spyCleaner(() => (runs += 1)) })
    await other.actors.schedule(housekeepingSchedule)
    await other.run()
    expect(runs).toBe(0)
    await shop.execute(sql`update actor.mailbox set leased_until = now() - interval '1 second'`)
    const sweep = other.actors.startSweep()
    await waitFor(() => runs === 1, { what: 'the other process to take over' })
    await shop.untilScheduled()
    await sweep.stop()
    frozen.resolve(0)
    await run
    expectInTenMinutes(await shop.scheduled())
  })

  test('is retried after a failed run until it succeeds', async () => {
    await using shop = await openShop()
    const { actors, run } = shop.start({ idle })
    await actors.schedule(housekeepingSchedule)
    await shop.execute(sql`update actor.mailbox set payload = '{"type":"unknown"}'`)
    await run()
    expect(await shop.scheduled()).toMatchObject([{ tries: 1, attempts: 1 }])
    await shop.execute(sql`update actor.mailbox set payload = '{"type":"cleanUp"}', due_at = now()`)
    await run()
    expectInTenMinutes(await shop.scheduled())
  })

  test.each([-1, 1])(
    'is scheduled by the clock of Postgres when the clock of the process is off by %i x 10 minutes',
    async (sign) => {
      await using shop = await openShop()
      const { actors, run } = shop.start({ idle })
      await actors.schedule(housekeepingSchedule)
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + sign * 600_000 })
      await run()
      expectInTenMinutes(await shop.scheduled())
    },
  )
})
