import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createRandom } from './random.ts'
import { check, dumpDatabase, isUnknownMessage, openOrders, type Facts, type Violation } from './check/index.ts'
import { planLoad, usualMix } from './load/plan.ts'
import { startLoad } from './load/load.ts'
import type { Row, RowContext } from './row.ts'
import { openShop, type Shop } from './shop/shop.ts'
import { reconcileBooks } from './shop/reconciliation.ts'
import type { Template } from './shop/template.ts'

export interface Verdict {
  row: Row
  seed: number
  isGreen: boolean
  /** Requests in the history. */
  requests: number
  /** Distinct orders that were acknowledged. */
  orders: number
  recoverySeconds: number | undefined
  seconds: number
  /** Reasons why the row is red; empty when it is green. */
  problems: string[]
  /** All violations that the checker found, including the expected ones. */
  violations: Violation[]
  /** History, facts and the log of every process; kept when the row is red. */
  folder: string
}

export interface RunOptions {
  seed: number
  template: Template
  /** Created for the row, removed when it is green. */
  folder: string
  operations?: number
  perSecond?: number
  /** Keeps the folder of a green row too. */
  isKept?: boolean
  log(line: string): void
}

/** Runs the load and the nemesis on a new shop, then the checker. Never throws: an error is a problem of the verdict. */
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
    await execute(row, options, verdict)
  } catch (error) {
    verdict.problems.push(
      `the row did not complete: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
  }
  verdict.isGreen = verdict.problems.length === 0
  verdict.seconds = (performance.now() - startedAt) / 1000
  if (verdict.isGreen && options.isKept !== true) await rm(folder, { recursive: true, force: true })
  return verdict
}

async function execute(row: Row, options: RunOptions, verdict: Verdict): Promise<void> {
  const { seed, template, folder, log } = options
  await mkdir(folder, { recursive: true })
  await using resources = new AsyncDisposableStack()
  const prepared = (await row.prepare?.(resources, folder, template)) ?? {}
  const shop = resources.use(await openShop(join(folder, 'shop'), template, { ...row.shop, ...prepared, seed }))
  const plan = planLoad({
    seed,
    operations: options.operations ?? row.operations,
    perSecond: options.perSecond ?? row.perSecond,
    mix: row.mix ?? usualMix,
    skus: template.skus,
  }).map((operation) => row.mapOperation?.(operation) ?? operation)
  await row.arrange?.(shop)
  const load = resources.use(
    await startLoad({
      folder,
      urls: shop.urls,
      plan,
      probeSku: template.skus.plenty[0] ?? '',
      retriesForMs: (row.retriesForSeconds ?? 60) * 1000,
      timeoutMs: 5_000,
      seed,
    }),
  )
  const context: RowContext = {
    shop,
    load,
    folder,
    resources,
    log,
    notes: new Map(),
    random: createRandom(seed).fork(`row ${row.row}`),
  }
  try {
    await row.nemesis(context)
    const limitSeconds = row.recoversInSeconds ?? 30
    verdict.recoverySeconds = await measureRecovery(context, limitSeconds * 2_000)
    if (verdict.recoverySeconds > limitSeconds)
      verdict.problems.push(`recovery took ${verdict.recoverySeconds.toFixed(1)} s; the limit is ${limitSeconds} s`)
    await load.finished()
    await waitUntilSettled(context, (row.settlesInSeconds ?? 120) * 1000)
    await judge(row, context, verdict)
  } finally {
    await shop.writeLogs()
  }
}

async function judge(row: Row, context: RowContext, verdict: Verdict): Promise<void> {
  const facts = await collectFacts(context)
  verdict.requests = facts.history.length
  verdict.orders = new Set(
    facts.history.flatMap(({ action, orderId }) => (action === 'place' && orderId !== undefined ? [orderId] : [])),
  ).size
  verdict.violations = check(facts)
  const { mustFind = [] } = row
  const unexpected = verdict.violations.filter(
    (violation) => row.isExpected?.(violation, context) !== true && !mustFind.includes(violation.name),
  )
  verdict.problems.push(...unexpected.map(({ name, detail }) => `${name}: ${detail}`))
  for (const name of mustFind)
    if (!verdict.violations.some((violation) => violation.name === name))
      verdict.problems.push(`the checker did not find ${name}, which this row causes`)
  verdict.problems.push(...((await row.checker?.(context, facts)) ?? []))
  if (verdict.problems.length > 0) await writeFile(join(context.folder, 'facts.json'), JSON.stringify(facts))
}

async function collectFacts({ shop, load }: RowContext): Promise<Facts> {
  return {
    history: await load.history(),
    provider: await shop.provider.ledger(),
    database: await dumpDatabase(shop.postgres),
    emails: await shop.emails(),
    reconciliation: await reconcileBooks(shop.urls[0] ?? ''),
  }
}

/** Waits until a new order is paid and no message is overdue by more than 2 s. @returns the time that took, s */
async function measureRecovery({ shop, load, log }: RowContext, timeoutMs: number): Promise<number> {
  const healedAt = performance.now()
  const seconds = (): number => (performance.now() - healedAt) / 1000
  let orderId: string | undefined
  void load.probe().then((id) => (orderId = id))
  for (let loggedSeconds = 0; seconds() * 1000 < timeoutMs; await delay(50)) {
    const isProbePaid = orderId !== undefined && (await isPaid(shop, orderId))
    const overdue = isProbePaid ? await countOverdueMessages(shop) : 0
    if (isProbePaid && overdue === 0) break
    if (seconds() - loggedSeconds < 10) continue
    loggedSeconds = seconds()
    log(
      `recovering: the new order is ${isProbePaid ? '' : 'not '}paid, ${await countOverdueMessages(shop)} messages are overdue`,
    )
  }
  return seconds()
}

/** A database error counts as not paid: the shop has not recovered. */
async function isPaid({ postgres }: Shop, orderId: string): Promise<boolean> {
  const rows = await postgres
    .query(`select 1 from "order".orders where id = $1 and status = 'paid'`, [orderId])
    .catch(() => [])
  return rows.length > 0
}

/** Messages of unknown kinds and versions stay in the mailbox by design and are not counted. */
async function countOverdueMessages({ postgres }: Shop): Promise<number> {
  const [row] = await postgres
    .query<{ count: number }>(
      `select count(*)::int as count from actor.mailbox where due_at < now() - interval '2 s' and kind not like 'unknown%' and version < 90`,
    )
    .catch(() => [])
  return row?.count ?? Number.NaN
}

/** Waits until no order is open and no message is left, or until the time is over: the checker reports the rest. */
async function waitUntilSettled({ shop, log }: RowContext, settleMs: number): Promise<void> {
  const until = performance.now() + settleMs
  let loggedAt = performance.now()
  while (performance.now() < until) {
    const database = await dumpDatabase(shop.postgres)
    const open = openOrders(database).length
    const left = database.messages.filter((message) => !isUnknownMessage(message)).length
    if (open === 0 && left === 0) return
    if (performance.now() - loggedAt > 10_000) {
      loggedAt = performance.now()
      log(`waiting for ${open} orders and ${left} messages`)
    }
    await delay(Math.min(2_000, 100 + database.orders.length / 5))
  }
}
