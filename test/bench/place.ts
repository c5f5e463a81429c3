import { startProgram, waitFor } from '#test'
import type { Asking } from './asking.ts'
import type { Buying } from './buying.ts'
import { startChild } from './child.ts'
import { withCpu } from './cpu.ts'
import type { PeerWork } from './peers.ts'
import { prepareRival, type Rival } from './rival.ts'
import { openStage, type Carts, type Stage } from './stage.ts'
import { asWindow, median, type Window } from './window.ts'

/** Placing orders, beside pgbench with the same writes; and paying them, beside the bare payment SDK. */

export const placeParts = ['spread', 'hot', 'alone', 'http', 'paid'] as const
type Part = (typeof placeParts)[number]

export interface PlaceOptions {
  /** Every part unless given. */
  only?: readonly Part[] | undefined
  /** Length of one measured window. */
  seconds: number
  /** Windows of each kind, in turns with the others'. */
  rounds: number
  callers: number
  tell(line: string): void
}

/** One line of the table: windows of one kind. */
export interface Row {
  work: string
  windows: Window[]
  /** Against which the ratio is taken, and what it is to be. */
  against?: { row: string; aim: number }
  /** Highest p99 that is wanted, ms. */
  p99Max?: number
}

/** Carts are prepared for windows this fast. */
const ordersPerSecondMax = 14_000

export async function benchPlace(options: PlaceOptions): Promise<Row[]> {
  const { tell } = options
  tell('preparing Postgres, Redis, the payment sandbox and 3,000 SKUs ...')
  await using stage = await openStage()
  const rival = await prepareRival(stage)
  const parts: Record<Part, () => Promise<Row[]>> = {
    spread: () => comparePlacing(stage, { rival, skus: 'spread', ...options }),
    hot: () => comparePlacing(stage, { rival, skus: 'hot', ...options }),
    alone: async () => [await placeAlone(stage, options)],
    http: async () => [await placeOverHttp(stage, options)],
    paid: () => comparePaying(stage, options),
  }
  const rows: Row[] = []
  for (const part of placeParts)
    if (options.only === undefined || options.only.includes(part)) rows.push(...(await parts[part]()))
  return rows
}

let windowsSoFar = 0

/** Fresh carts for one window. */
async function freshCarts(
  stage: Stage,
  skus: Carts['skus'],
  seconds: number,
  most = ordersPerSecondMax,
): Promise<Carts> {
  windowsSoFar += 1
  const carts: Carts = { prefix: `${skus}${windowsSoFar}`, count: Math.ceil(seconds * most), skus }
  await stage.fillCarts(carts)
  return carts
}

/** Without gathering more would wait longer than they have patience for, and buy nothing. */
const callersAlone = 64

/** Until the program's hot paths are compiled. */
const warmUpSeconds = 6

/** The process that asks, with lanes that gather or not; warmed up. */
async function startAsking(stage: Stage, settings: Record<string, string> = {}) {
  const child = await startChild<Asking, Window>('asking.ts', { ...stage.env, ...settings })
  const run = async (skus: Carts['skus'], callers: number, seconds: number): Promise<Window> => {
    const carts = await freshCarts(stage, skus, seconds)
    const pids = { program: child.pid, Postgres: stage.pids.Postgres }
    return withCpu(pids, () => child.ask({ ...carts, callers, seconds }))
  }
  await run('spread', 64, warmUpSeconds)
  return { run, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
}

type Asked = Awaited<ReturnType<typeof startAsking>>

async function comparePlacing(
  stage: Stage,
  { rival, skus, seconds, rounds, callers, tell }: PlaceOptions & { rival: Rival; skus: Carts['skus'] },
): Promise<Row[]> {
  const where = skus === 'hot' ? 'one hot SKU' : '3,000 SKUs'
  const runRival = async (clients: number, length: number): Promise<Window> =>
    rival.run(await freshCarts(stage, skus, length, 6_000), { clients, seconds: length })
  tell(`${where}: looking for pgbench's best client count ...`)
  const tried: { clients: number; rate: number }[] = []
  for (const clients of [4, 8, 16, 32, 64]) tried.push({ clients, rate: (await runRival(clients, 3)).ordersPerSecond })
  const best = tried.toSorted((a, b) => b.rate - a.rate)[0]?.clients ?? 8
  tell(`${where}: ${tried.map(({ clients, rate }) => `${clients} clients ${Math.round(rate)}/s`).join(', ')}`)

  await using gathered = await startAsking(stage)
  await using alone = await startAsking(stage, { TURN_MESSAGES_MAX: '1', TURNS_CONCURRENT: '16', DATABASE_POOL: '20' })
  const pgbench: Window[] = []
  const on: Window[] = []
  const off: Window[] = []
  for (let round = 1; round <= rounds; round += 1) {
    pgbench.push(await runRival(best, seconds))
    on.push(await gathered.run(skus, callers, seconds))
    off.push(await alone.run(skus, callersAlone, seconds))
    const rates = [pgbench, on, off].map((windows) => Math.round(windows.at(-1)?.ordersPerSecond ?? 0))
    tell(
      `${where}: round ${round} of ${rounds}: pgbench ${rates[0]}/s, gathering ${rates[1]}/s, not gathering ${rates[2]}/s`,
    )
  }
  const name = `pgbench, ${where}, ${best} clients`
  return [
    { work: name, windows: pgbench },
    { work: `place, ${where}, ${callers} callers`, windows: on, against: { row: name, aim: skus === 'hot' ? 6 : 2 } },
    { work: `the same without gathering, ${callersAlone} callers`, windows: off, against: { row: name, aim: 0 } },
  ]
}

async function placeAlone(stage: Stage, { seconds, rounds, tell }: PlaceOptions): Promise<Row> {
  tell('one order after the other ...')
  await using asking = await startAsking(stage)
  const windows: Window[] = []
  for (let round = 0; round < rounds; round += 1) windows.push(await asking.run('spread', 1, seconds))
  return { work: 'place, one order after the other', windows, p99Max: 15 }
}

async function placeOverHttp(stage: Stage, { seconds, rounds, callers, tell }: PlaceOptions): Promise<Row> {
  tell('through HTTP and the typed client ...')
  await using server = await startProgram(['serve'], { env: stage.env })
  await using buyers = await startChild<Buying, Window>('buying.ts', stage.env)
  const windows: Window[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const carts = await freshCarts(stage, 'spread', seconds, 5_000)
    const pids = { program: server.pid, buyers: buyers.pid, Postgres: stage.pids.Postgres }
    const window = await withCpu(pids, () => buyers.ask({ ...carts, url: server.url(), callers, seconds }))
    // The first one warms up.
    if (round > 0) windows.push(window)
  }
  return { work: `place over HTTP, typed client, ${callers} callers`, windows }
}

/** Paid orders a second by one worker, in turns with what bare libraries do. */
async function comparePaying(stage: Stage, { seconds, rounds, tell }: PlaceOptions): Promise<Row[]> {
  tell('paying orders ...')
  await using peers = await startChild<PeerWork, number>('peers.ts', stage.env)
  await using asking = await startAsking(stage)
  const payBySdk = (length: number): Promise<Window> =>
    withCpu({ program: peers.pid, sandbox: stage.pids.sandbox }, async () =>
      asWindow(await peers.ask({ what: 'sdk', seconds: length, callers: 32 })),
    )
  const sdk: Window[] = []
  const paid: Window[] = []
  const jobs: Window[] = []
  await payBySdk(2)
  for (let round = 1; round <= rounds; round += 1) {
    sdk.push(await payBySdk(seconds))
    paid.push(await payByWorker(stage, asking, 500 * seconds))
    jobs.push(asWindow(await peers.ask({ what: 'bullmq', jobs: 10_000 })))
    const rates = [sdk, paid].map((windows) => Math.round(windows.at(-1)?.ordersPerSecond ?? 0))
    tell(`paying: round ${round} of ${rounds}: SDK ${rates[0]} orders/s, worker ${rates[1]} orders/s`)
  }
  return [
    { work: 'bare SDK, 2 calls an order, 32 callers', windows: sdk },
    {
      work: 'orders paid by one worker',
      windows: paid,
      against: { row: 'bare SDK, 2 calls an order, 32 callers', aim: 0.5 },
    },
    { work: 'BullMQ on Redis, no-op jobs', windows: jobs },
  ]
}

/** Orders that are paid before the clock starts: the worker is as warm as the SDK's process is. */
const paidBefore = 1_000

/** Orders of earlier windows are not to be paid too: neither letters nor wake-ups are left of them. */
async function forgetPayments(stage: Stage): Promise<void> {
  await stage.query(`delete from actor.mailbox where kind in ('payment', 'email')`)
  await stage.query('vacuum analyze actor.mailbox')
  await stage.flushRedis()
}

/** Orders that wait for their payment, and a worker that comes: how fast it pays them. */
async function payByWorker(stage: Stage, asking: Asked, orders: number): Promise<Window> {
  await forgetPayments(stage)
  // At least so many: placing is faster than that.
  await asking.run('spread', 64, (orders + paidBefore) / 2_500)
  // An order has one letter to the payment effect, until it is paid.
  const unpaid = async () =>
    (await stage.query<{ count: number }>(`select count(*)::int from actor.mailbox where kind = 'payment'`))[0]
      ?.count ?? 0
  const until = (count: number, what: string) =>
    waitFor(async () => (await unpaid()) <= count, { timeoutMs: 120_000, everyMs: 100, what })
  await using worker = await startProgram(['worker'], { env: stage.env })
  await until((await unpaid()) - paidBefore, 'the first orders to be paid')
  const window = await withCpu({ program: worker.pid, ...stage.pids }, async () => {
    const [from, fromAt] = [await unpaid(), performance.now()]
    await until(orders * 0.05, 'the orders to be paid')
    return asWindow(((from - (await unpaid())) / (performance.now() - fromAt)) * 1_000)
  })
  await worker.stop()
  return window
}

export const rateOf = (row: Row): number => median(row.windows.map(({ ordersPerSecond }) => ordersPerSecond))
