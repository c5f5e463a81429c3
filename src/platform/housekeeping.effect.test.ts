import { sql } from 'drizzle-orm'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createActors } from '#actor'
import { openDatabase } from '#db'
import { createLog } from '#telemetry'
import { createTestDatabase, waitFor } from '#test'
import { createHousekeeping, housekeepingSchedule, type Cleaner } from './housekeeping.effect.ts'

const log = createLog('silent')
const idle: Cleaner = () => Promise.resolve(0)
/** Deletes nothing, and tells that it was asked to. */
const telling =
  (tell: () => void): Cleaner =>
  async () => {
    tell()
    return 0
  }

afterEach(() => void vi.useRealTimers())

/** Processes that share a database and have nothing to do but to clean up. */
async function openHouse() {
  const stack = new AsyncDisposableStack()
  const { url } = stack.use(await createTestDatabase())
  const open = () => {
    const database = openDatabase({ url, poolSize: 3, log })
    stack.defer(() => database.close())
    return database
  }
  const own = open()
  const letters = async () =>
    (
      await own.query.execute<{ inSeconds: number; tries: number; attempts: number }>(sql`
        select extract(epoch from due_at - clock_timestamp())::float8 as "inSeconds", tries, attempts
        from actor.mailbox where kind = 'housekeeping'`)
    ).rows
  return {
    letters,
    /** A cleaner has been asked before what its run has come to is written. */
    untilScheduled: () =>
      waitFor(async () => (await letters()).every(({ inSeconds }) => inSeconds > 0), {
        what: 'the next to be scheduled',
      }),
    change: (statement: ReturnType<typeof sql>) => own.query.execute(statement),
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

const expectInTenMinutes = (letters: { inSeconds: number }[]): void => {
  expect(letters).toHaveLength(1)
  expect(letters[0]?.inSeconds).toBeGreaterThan(590)
  expect(letters[0]?.inSeconds).toBeLessThanOrEqual(600)
}

describe('housekeeping', () => {
  test('is scheduled once and runs once a period, however many replicas schedule and sweep', async () => {
    await using house = await openHouse()
    let runs = 0
    const cleaners = { things: telling(() => (runs += 1)) }
    const replicas = [1, 2, 3].map(() => house.start(cleaners))
    for (let round = 1; round <= 3; round += 1) {
      await Promise.all(replicas.map(({ actors }) => actors.schedule(housekeepingSchedule)))
      expect(await house.letters()).toHaveLength(1)
      await Promise.all([...replicas, ...replicas].map(({ run }) => run()))
      expect(runs).toBe(round)
      expectInTenMinutes(await house.letters())
      await house.change(sql`update actor.mailbox set due_at = now()`)
    }
    const sweeps = replicas.map(({ actors }) => actors.startSweep())
    await waitFor(() => runs === 4, { what: 'the sweep to run it' })
    await house.untilScheduled()
    await Promise.all(sweeps.map((sweep) => sweep.stop()))
    expectInTenMinutes(await house.letters())
    expect(runs).toBe(4)
  })

  test('goes on with the others when one cleaner fails, and comes again on schedule', async () => {
    await using house = await openHouse()
    const cleaned: string[] = []
    const { actors, run } = house.start({
      first: telling(() => cleaned.push('first')),
      broken: () => Promise.reject(new Error('no such table')),
      last: telling(() => cleaned.push('last')),
    })
    await actors.schedule(housekeepingSchedule)
    await run()
    expect(cleaned).toEqual(['first', 'last'])
    expectInTenMinutes(await house.letters())
  })

  test('deletes so much at a time, so often, and comes again soon when there is more', async () => {
    await using house = await openHouse()
    const asked: number[] = []
    let left = 25_500
    const { actors, run } = house.start({
      idle,
      things: (most) => {
        asked.push(most)
        const deleted = Math.min(most, left)
        left -= deleted
        return Promise.resolve(deleted)
      },
    })
    await actors.schedule(housekeepingSchedule)
    await run()
    expect(new Set(asked)).toEqual(new Set([1_000]))
    expect(left).toBe(5_500)
    const [letter] = await house.letters()
    expect(letter?.inSeconds).toBeLessThanOrEqual(5)
    await house.change(sql`update actor.mailbox set due_at = now()`)
    await run()
    expect(left).toBe(0)
    expectInTenMinutes(await house.letters())
  })

  test('is not lost when its process is killed in the middle: another takes it over, and one schedule goes on', async () => {
    await using house = await openHouse()
    const [started, frozen] = [Promise.withResolvers<void>(), Promise.withResolvers<number>()]
    const killed = house.start({ things: () => (started.resolve(), frozen.promise) })
    await killed.actors.schedule(housekeepingSchedule)
    const run = killed.run()
    await started.promise
    let runs = 0
    const other = house.start({ things: telling(() => (runs += 1)) })
    await other.actors.schedule(housekeepingSchedule)
    await other.run()
    expect(runs).toBe(0)
    await house.change(sql`update actor.mailbox set leased_until = now() - interval '1 second'`)
    const sweep = other.actors.startSweep()
    await waitFor(() => runs === 1, { what: 'the other to take over' })
    await house.untilScheduled()
    await sweep.stop()
    frozen.resolve(0)
    await run
    expectInTenMinutes(await house.letters())
  })

  test('is not lost when its run fails: it is tried again until it succeeds', async () => {
    await using house = await openHouse()
    const { actors, run } = house.start({ idle })
    await actors.schedule(housekeepingSchedule)
    await house.change(sql`update actor.mailbox set payload = '{"type":"unheard of"}'`)
    await run()
    expect(await house.letters()).toMatchObject([{ tries: 1, attempts: 1 }])
    await house.change(sql`update actor.mailbox set payload = '{"type":"cleanUp"}', due_at = now()`)
    await run()
    expectInTenMinutes(await house.letters())
  })

  test.each([-1, 1])('keeps its time on Postgres, though this clock is %i x 10 minutes off', async (sign) => {
    await using house = await openHouse()
    const { actors, run } = house.start({ idle })
    await actors.schedule(housekeepingSchedule)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + sign * 600_000 })
    await run()
    expectInTenMinutes(await house.letters())
  })
})
