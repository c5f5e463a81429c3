import { startProgram, waitFor } from '#test'
import type { ActorLoad } from './asking.ts'
import type { HttpLoad } from './buying.ts'
import { startChild } from './child.ts'
import { withCpu } from './cpu.ts'
import type { PeerTask } from './peers.ts'
import { preparePgbench, type Pgbench } from './pgbench.ts'
import { openEnvironment, type Carts, type BenchEnvironment } from './environment.ts'
import { rateOnly, median, type Window } from './window.ts'

/** Measures placing orders against pgbench with the same writes, and paying them against the bare payment SDK. */

export const placeParts = ['spread', 'hot', 'alone', 'http', 'paid'] as const
type Part = (typeof placeParts)[number]

export interface PlaceOptions {
  /** Parts to measure; default: all. */
  only?: readonly Part[] | undefined
  /** Length of one measured window. */
  seconds: number
  /** Windows per row; those of different rows alternate. */
  rounds: number
  callers: number
  report(line: string): void
}

/** One row of the table. */
export interface Row {
  work: string
  windows: Window[]
  /** Row that the ratio is relative to, and the lowest ratio wanted; 0: none. */
  baseline?: { row: string; targetRatio: number }
  /** Target of the p99 latency, ms. */
  p99Max?: number
}

/** Highest rate that carts are prepared for. */
const ordersPerSecondMax = 14_000

export async function benchPlace(options: PlaceOptions): Promise<Row[]> {
  const { report } = options
  report('preparing Postgres, Redis, the payment sandbox and 3,000 SKUs ...')
  await using environment = await openEnvironment()
  const pgbench = await preparePgbench(environment)
  const parts: Record<Part, () => Promise<Row[]>> = {
    spread: () => comparePlacing(environment, { pgbench, skus: 'spread', ...options }),
    hot: () => comparePlacing(environment, { pgbench, skus: 'hot', ...options }),
    alone: async () => [await placeAlone(environment, options)],
    http: async () => [await placeOverHttp(environment, options)],
    paid: () => comparePaying(environment, options),
  }
  const rows: Row[] = []
  for (const part of placeParts)
    if (options.only === undefined || options.only.includes(part)) rows.push(...(await parts[part]()))
  return rows
}

let windowsSoFar = 0

/** Creates the carts of one window. */
async function createCarts(
  environment: BenchEnvironment,
  skus: Carts['skus'],
  seconds: number,
  rateMax = ordersPerSecondMax,
): Promise<Carts> {
  windowsSoFar += 1
  const carts: Carts = { prefix: `${skus}${windowsSoFar}`, count: Math.ceil(seconds * rateMax), skus }
  await environment.fillCarts(carts)
  return carts
}

/** Callers without batching: with more of them requests would time out. */
const unbatchedCallers = 64

/** Time in which the program's hot paths are compiled, s. */
const warmUpSeconds = 6

/** Starts and warms up the load generator that asks actors; `settings` may switch batching off. */
async function startActorLoad(environment: BenchEnvironment, settings: Record<string, string> = {}) {
  const child = await startChild<ActorLoad, Window>('asking.ts', { ...environment.env, ...settings })
  const run = async (skus: Carts['skus'], callers: number, seconds: number): Promise<Window> => {
    const carts = await createCarts(environment, skus, seconds)
    const pids = { program: child.pid, Postgres: environment.pids.Postgres }
    return withCpu(pids, () => child.run({ ...carts, callers, seconds }))
  }
  await run('spread', 64, warmUpSeconds)
  return { run, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
}

type ActorLoadGenerator = Awaited<ReturnType<typeof startActorLoad>>

async function comparePlacing(
  environment: BenchEnvironment,
  { pgbench, skus, seconds, rounds, callers, report }: PlaceOptions & { pgbench: Pgbench; skus: Carts['skus'] },
): Promise<Row[]> {
  const where = skus === 'hot' ? 'one hot SKU' : '3,000 SKUs'
  const runPgbench = async (clients: number, length: number): Promise<Window> =>
    pgbench.run(await createCarts(environment, skus, length, 6_000), { clients, seconds: length })
  report(`${where}: finding pgbench's best number of clients ...`)
  const tried: { clients: number; rate: number }[] = []
  for (const clients of [4, 8, 16, 32, 64])
    tried.push({ clients, rate: (await runPgbench(clients, 3)).ordersPerSecond })
  const best = tried.toSorted((a, b) => b.rate - a.rate)[0]?.clients ?? 8
  report(`${where}: ${tried.map(({ clients, rate }) => `${clients} clients ${Math.round(rate)}/s`).join(', ')}`)

  await using batched = await startActorLoad(environment)
  await using unbatched = await startActorLoad(environment, {
    TURN_MESSAGES_MAX: '1',
    TURNS_CONCURRENT: '16',
    DATABASE_POOL: '20',
  })
  const pgbenchWindows: Window[] = []
  const batchedWindows: Window[] = []
  const unbatchedWindows: Window[] = []
  for (let round = 1; round <= rounds; round += 1) {
    pgbenchWindows.push(await runPgbench(best, seconds))
    batchedWindows.push(await batched.run(skus, callers, seconds))
    unbatchedWindows.push(await unbatched.run(skus, unbatchedCallers, seconds))
    const rates = [pgbenchWindows, batchedWindows, unbatchedWindows].map((windows) =>
      Math.round(windows.at(-1)?.ordersPerSecond ?? 0),
    )
    report(
      `${where}: round ${round} of ${rounds}: pgbench ${rates[0]}/s, batched ${rates[1]}/s, one transaction each ${rates[2]}/s`,
    )
  }
  const name = `pgbench, ${where}, ${best} clients`
  return [
    { work: name, windows: pgbenchWindows },
    {
      work: `place, ${where}, batched, ${callers} callers`,
      windows: batchedWindows,
      baseline: { row: name, targetRatio: skus === 'hot' ? 6 : 2 },
    },
    {
      work: `place, ${where}, one transaction each, ${unbatchedCallers} callers`,
      windows: unbatchedWindows,
      baseline: { row: name, targetRatio: 0 },
    },
  ]
}

async function placeAlone(environment: BenchEnvironment, { seconds, rounds, report }: PlaceOptions): Promise<Row> {
  report('one order after the other ...')
  await using generator = await startActorLoad(environment)
  const windows: Window[] = []
  for (let round = 0; round < rounds; round += 1) windows.push(await generator.run('spread', 1, seconds))
  return { work: 'place, one order after the other', windows, p99Max: 15 }
}

async function placeOverHttp(
  environment: BenchEnvironment,
  { seconds, rounds, callers, report }: PlaceOptions,
): Promise<Row> {
  report('through HTTP and the typed client ...')
  await using server = await startProgram(['serve'], { env: environment.env })
  await using buyers = await startChild<HttpLoad, Window>('buying.ts', environment.env)
  const windows: Window[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const carts = await createCarts(environment, 'spread', seconds, 5_000)
    const pids = { program: server.pid, buyers: buyers.pid, Postgres: environment.pids.Postgres }
    const window = await withCpu(pids, () => buyers.run({ ...carts, url: server.url(), callers, seconds }))
    // The first window warms up.
    if (round > 0) windows.push(window)
  }
  return { work: `place over HTTP, typed client, ${callers} callers`, windows }
}

/** Measures paid orders per second of one worker, alternating with bare libraries. */
async function comparePaying(environment: BenchEnvironment, { seconds, rounds, report }: PlaceOptions): Promise<Row[]> {
  report('paying orders ...')
  await using peers = await startChild<PeerTask, number>('peers.ts', environment.env)
  await using generator = await startActorLoad(environment)
  const payBySdk = (length: number): Promise<Window> =>
    withCpu({ program: peers.pid, sandbox: environment.pids.sandbox }, async () =>
      rateOnly(await peers.run({ type: 'sdk', seconds: length, callers: 32 })),
    )
  const sdk: Window[] = []
  const paid: Window[] = []
  const jobs: Window[] = []
  await payBySdk(2)
  for (let round = 1; round <= rounds; round += 1) {
    sdk.push(await payBySdk(seconds))
    paid.push(await payByWorker(environment, generator, 500 * seconds))
    jobs.push(rateOnly(await peers.run({ type: 'bullmq', jobs: 10_000 })))
    const rates = [sdk, paid].map((windows) => Math.round(windows.at(-1)?.ordersPerSecond ?? 0))
    report(`paying: round ${round} of ${rounds}: SDK ${rates[0]} orders/s, worker ${rates[1]} orders/s`)
  }
  return [
    { work: 'bare SDK, 2 calls per order, 32 callers', windows: sdk },
    {
      work: 'orders paid by one worker',
      windows: paid,
      baseline: { row: 'bare SDK, 2 calls per order, 32 callers', targetRatio: 0.5 },
    },
    { work: 'BullMQ on Redis, no-op jobs', windows: jobs },
  ]
}

/** Orders paid before the measurement, so that the worker is as warm as the SDK's process. */
const warmUpOrders = 1_000

/** Deletes messages and wake-ups of earlier windows, whose orders are not to be paid. */
async function deletePayments(environment: BenchEnvironment): Promise<void> {
  await environment.query(`delete from actor.mailbox where kind in ('payment', 'email')`)
  await environment.query('vacuum analyze actor.mailbox')
  await environment.flushRedis()
}

/** Measures how fast a new worker pays orders that wait for their payment. */
async function payByWorker(
  environment: BenchEnvironment,
  generator: ActorLoadGenerator,
  orders: number,
): Promise<Window> {
  await deletePayments(environment)
  // Placing is faster than 2,500 orders per second, so that enough orders are placed.
  await generator.run('spread', 64, (orders + warmUpOrders) / 2_500)
  // An unpaid order has one message to the payment effect.
  const unpaid = async () =>
    (await environment.query<{ count: number }>(`select count(*)::int from actor.mailbox where kind = 'payment'`))[0]
      ?.count ?? 0
  const until = (count: number, what: string) =>
    waitFor(async () => (await unpaid()) <= count, { timeoutMs: 120_000, everyMs: 100, what })
  await using worker = await startProgram(['worker'], { env: environment.env })
  await until((await unpaid()) - warmUpOrders, 'the first orders to be paid')
  const window = await withCpu({ program: worker.pid, ...environment.pids }, async () => {
    const [from, fromAt] = [await unpaid(), performance.now()]
    await until(orders * 0.05, 'the orders to be paid')
    return rateOnly(((from - (await unpaid())) / (performance.now() - fromAt)) * 1_000)
  })
  await worker.stop()
  return window
}

export const rateOf = (row: Row): number => median(row.windows.map(({ ordersPerSecond }) => ordersPerSecond))
