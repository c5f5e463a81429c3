import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createChance } from './chance.ts'
import { check, dumpDatabase, isForeign, openOrders, type Facts, type Violation } from './check/index.ts'
import { planLoad, usualMix } from './load/plan.ts'
import { startLoad } from './load/load.ts'
import type { Row, Stage } from './row.ts'
import { openShop, type Shop } from './shop/shop.ts'
import { reconcileBooks } from './shop/reconciliation.ts'
import type { Template } from './shop/template.ts'

export interface Verdict {
  row: Row
  seed: number
  isGreen: boolean
  /** Requests in the history. */
  requests: number
  /** Different orders that were acknowledged. */
  orders: number
  recoverySeconds: number | undefined
  seconds: number
  /** What does not hold. */
  problems: string[]
  /** What the checker found, problems or not. */
  violations: Violation[]
  /** Kept when the row is red: history, logs of every process, facts. */
  folder: string
}

export interface RunOptions {
  seed: number
  template: Template
  /** Made by the row, removed again when it is green. */
  folder: string
  orders?: number
  perSecond?: number
  /** Keeps the folder of a green row too. */
  isKept?: boolean
  say(line: string): void
}

/** Opens a shop, lets buyers buy, breaks and heals it, and judges what is left. Never throws: what went wrong is a problem. */
export async function runRow(row: Row, options: RunOptions): Promise<Verdict> {
  const { seed, folder } = options
  const startedAt = performance.now()
  const verdict: Verdict = {
    row,
    seed,
    isGreen: false,
    requests: 0,
    orders: 0,
    recoverySeconds: undefined,
    seconds: 0,
    problems: [],
    violations: [],
    folder,
  }
  try {
    await perform(row, options, verdict)
  } catch (error) {
    verdict.problems.push(
      `the row broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
  }
  verdict.isGreen = verdict.problems.length === 0
  verdict.seconds = (performance.now() - startedAt) / 1000
  if (verdict.isGreen && options.isKept !== true) await rm(folder, { recursive: true, force: true })
  return verdict
}

async function perform(row: Row, options: RunOptions, verdict: Verdict): Promise<void> {
  const { seed, template, folder, say } = options
  await mkdir(folder, { recursive: true })
  await using taken = new AsyncDisposableStack()
  const prepared = (await row.prepare?.(taken, folder, template)) ?? {}
  const shop = taken.use(await openShop(join(folder, 'shop'), template, { ...row.shop, ...prepared, seed }))
  const plan = planLoad({
    seed,
    orders: options.orders ?? row.orders,
    perSecond: options.perSecond ?? row.perSecond,
    mix: row.mix ?? usualMix,
    skus: template.skus,
  }).map((operation) => row.wish?.(operation) ?? operation)
  await row.arrange?.(shop)
  const load = taken.use(
    await startLoad({
      folder,
      urls: shop.urls,
      plan,
      probeSku: template.skus.plenty[0] ?? '',
      patienceMs: (row.patienceSeconds ?? 60) * 1000,
      timeoutMs: 5_000,
      seed,
    }),
  )
  const stage: Stage = {
    shop,
    load,
    folder,
    taken,
    say,
    notes: new Map(),
    chance: createChance(seed).fork(`row ${row.row}`),
  }
  try {
    await row.disturb(stage)
    const bound = row.recoversInSeconds ?? 30
    verdict.recoverySeconds = await measureRecovery(stage, bound * 2_000)
    if (verdict.recoverySeconds > bound)
      verdict.problems.push(`recovery took ${verdict.recoverySeconds.toFixed(1)} s, at most ${bound} s are promised`)
    await load.finished()
    await untilSettled(stage, (row.settlesInSeconds ?? 120) * 1000)
    await judge(row, stage, verdict)
  } finally {
    await shop.keepOutput()
  }
}

async function judge(row: Row, stage: Stage, verdict: Verdict): Promise<void> {
  const facts = await gather(stage)
  verdict.requests = facts.history.length
  verdict.orders = new Set(
    facts.history.flatMap(({ call, orderId }) => (call === 'place' && orderId !== undefined ? [orderId] : [])),
  ).size
  verdict.violations = check(facts)
  const { mustFind = [] } = row
  const told = verdict.violations.filter(
    (violation) => row.excuses?.(violation, stage) !== true && !mustFind.includes(violation.name),
  )
  verdict.problems.push(...told.map(({ name, what }) => `${name}: ${what}`))
  for (const name of mustFind)
    if (!verdict.violations.some((violation) => violation.name === name))
      verdict.problems.push(`the checker has not found ${name}, which this row brings about`)
  verdict.problems.push(...((await row.besides?.(stage, facts)) ?? []))
  if (verdict.problems.length > 0) await writeFile(join(stage.folder, 'facts.json'), JSON.stringify(facts))
}

async function gather({ shop, load }: Stage): Promise<Facts> {
  return {
    history: await load.history(),
    provider: await shop.provider.ledger(),
    database: await dumpDatabase(shop.postgres),
    letters: await shop.letters(),
    reconciliation: await reconcileBooks(shop.urls[0] ?? ''),
  }
}

/** Until an order that is placed from now on is paid, and no mail is overdue by more than 2 s. @returns seconds */
async function measureRecovery({ shop, load, say }: Stage, timeoutMs: number): Promise<number> {
  const healedAt = performance.now()
  const seconds = (): number => (performance.now() - healedAt) / 1000
  let orderId: string | undefined
  void load.probe().then((id) => (orderId = id))
  for (let toldSeconds = 0; seconds() * 1000 < timeoutMs; await delay(50)) {
    const isProbePaid = orderId !== undefined && (await isPaid(shop, orderId))
    const overdue = isProbePaid ? await overdueMail(shop) : 0
    if (isProbePaid && overdue === 0) break
    if (seconds() - toldSeconds < 10) continue
    toldSeconds = seconds()
    say(`recovering: the new order is ${isProbePaid ? '' : 'not '}paid, ${await overdueMail(shop)} letters are overdue`)
  }
  return seconds()
}

/** A database that does not answer yet has not recovered. */
async function isPaid({ postgres }: Shop, orderId: string): Promise<boolean> {
  const rows = await postgres
    .query(`select 1 from "order".orders where id = $1 and status = 'paid'`, [orderId])
    .catch(() => [])
  return rows.length > 0
}

/** Mail that nobody knows how to read stays where it is by design. */
async function overdueMail({ postgres }: Shop): Promise<number> {
  const [row] = await postgres
    .query<{ count: number }>(
      `select count(*)::int as count from actor.mailbox where due_at < now() - interval '2 s' and kind not like 'unknown%' and version < 90`,
    )
    .catch(() => [])
  return row?.count ?? Number.NaN
}

/** Everything that can come to an end by itself has; what has not by then is the checker's to tell. */
async function untilSettled({ shop, say }: Stage, settleMs: number): Promise<void> {
  const until = performance.now() + settleMs
  let toldAt = performance.now()
  while (performance.now() < until) {
    const database = await dumpDatabase(shop.postgres)
    const open = openOrders(database).length
    const mail = database.mail.filter((letter) => !isForeign(letter)).length
    if (open === 0 && mail === 0) return
    if (performance.now() - toldAt > 10_000) {
      toldAt = performance.now()
      say(`waiting for ${open} orders and ${mail} letters`)
    }
    await delay(Math.min(2_000, 100 + database.orders.length / 5))
  }
}
