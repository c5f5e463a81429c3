import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '#client'
import { check, dumpDatabase, isUnknownMessage, openOrders, type Facts } from '../failure/check/index.ts'
import type { Attempt } from '../failure/load/history.ts'
import { planLoad, type Mix } from '../failure/load/plan.ts'
import { reconcileBooks } from '../failure/shop/reconciliation.ts'
import { makeTemplate } from '../failure/shop/template.ts'
import { prepareBundles } from './bundles.ts'
import type { Algorithm } from './haproxy.ts'
import { launchColour, phases, type Phase, type PhaseContext } from './phases.ts'
import { openStage, type Stage } from './stage.ts'
import type { FailedRequest, Sample } from './traffic/messages.ts'
import { startTraffic, type Traffic } from './traffic/traffic.ts'

export interface RehearsalOptions {
  /** A new folder, readable by all. */
  folder: string
  algorithm: Algorithm
  seed: number
  journeysPerSecond: number
  /** The traffic goes on until it has sent this many requests. */
  requestsMin: number
  /** See {@link PhaseContext}. */
  holdMs: number
  print(line: string): void
  onSecond?(status: Status): void
}

/** What is shown while a rehearsal runs. */
export interface Status {
  phase: string
  samples: readonly Sample[]
  requests: number
  failures: number
  orders: number
}

export interface PhaseResult {
  name: string
  isSeamless: boolean
  fromMs: number
  toMs: number
  requests: number
  failed: FailedRequest[]
  p99Ms: number
}

export interface RehearsalResult {
  seed: number
  algorithm: Algorithm
  phases: PhaseResult[]
  samples: readonly Sample[]
  requests: number
  orders: number
  /** Reasons why the rehearsal failed; empty when it succeeded. */
  problems: string[]
}

/** Buyers who hang up would count as failed requests. */
const mix: Mix = {
  plain: 72,
  duplicate: 10,
  neverRetries: 6,
  cancels: 5,
  declined: 3,
  twoKeys: 2,
  twoCarts: 1,
  scarce: 1,
}
const slowShare = 0.2
/** Longest rehearsal: the traffic is planned for this time, and stopped when everything is done. */
const planSeconds = 3_600

export async function rehearse(options: RehearsalOptions): Promise<RehearsalResult> {
  const { folder, algorithm, seed, print } = options
  const result: RehearsalResult = {
    seed,
    algorithm,
    phases: [],
    samples: [],
    requests: 0,
    orders: 0,
    problems: [],
  }
  await using resources = new AsyncDisposableStack()
  print('Building the bundle, and a migrated and seeded database ...')
  const bundles = await prepareBundles(join(folder, 'bundles'), print)
  const template = await makeTemplate(join(folder, 'template'))
  print('Starting Postgres with a standby, Redis with Sentinel, HAProxy and the blue instances ...')
  const stage = resources.use(await openStage({ folder: join(folder, 'stage'), template, bundles, algorithm }))
  try {
    await launchColour(stage.colours.blue)
    const traffic = resources.use(await openTraffic(stage, { options, skus: template.skus, result }))
    const context: PhaseContext = {
      stage,
      traffic,
      template,
      folder,
      holdMs: options.holdMs,
      log: (line) => print(`  ${line}`),
      problem: (text) => void result.problems.push(text),
    }
    for (const phase of [...phases, recovered(options.requestsMin)]) await runPhase(phase, context, result)
    await finish(context, result)
  } finally {
    await stage.writeLogs()
  }
  return result
}

async function openTraffic(
  stage: Stage,
  {
    options,
    skus,
    result,
  }: { options: RehearsalOptions; skus: { plenty: string[]; scarce: string[] }; result: RehearsalResult },
): Promise<Traffic> {
  const { seed, journeysPerSecond, onSecond } = options
  const { items } = await createClient({ url: stage.balancer.liveUrl }).product.list.query({ limit: 100 })
  const totals = { requests: 0, failures: 0 }
  const plan = planLoad({ seed, operations: planSeconds * journeysPerSecond, perSecond: journeysPerSecond, mix, skus })
  const traffic: Traffic = await startTraffic({
    folder: options.folder,
    plan,
    liveUrl: stage.balancer.liveUrl,
    colourUrls: { blue: stage.balancer.urlOf('blue'), green: stage.balancer.urlOf('green') },
    customerToken: await stage.customerToken(),
    slugs: items.map(({ slug }) => slug),
    words: ['keyboard', 'lamp', 'headphones', 'kettle', 'bag', '键盘', '台灯', 'usb c', 'keybord'],
    seed,
    timeoutMs: 10_000,
    retriesForMs: 60_000,
    slowShare,
    onSecond(samples) {
      for (const { requests, failures } of samples) {
        totals.requests += requests
        totals.failures += failures
      }
      const phase = result.phases.at(-1)?.name ?? ''
      onSecond?.({ phase, samples, ...totals, orders: traffic.progress.orders })
    },
  })
  return traffic
}

/** The failures are over: traffic goes on until it has sent what was asked for. */
const recovered = (requestsMin: number): Phase => ({
  name: 'recovered',
  isSeamless: true,
  async run({ traffic, holdMs }) {
    await delay(holdMs)
    while (requestsOf(traffic) < requestsMin) await delay(1_000)
  },
})

const requestsOf = ({ samples }: Traffic): number => samples.reduce((sum, { requests }) => sum + requests, 0)

async function runPhase(phase: Phase, context: PhaseContext, result: RehearsalResult): Promise<void> {
  const { name, isSeamless } = phase
  context.log(`-- ${name}`)
  const measured: PhaseResult = { name, isSeamless, fromMs: Date.now(), toMs: 0, requests: 0, failed: [], p99Ms: 0 }
  result.phases.push(measured)
  await phase.run(context)
  measured.toMs = Date.now()
}

async function finish(context: PhaseContext, result: RehearsalResult): Promise<void> {
  const { stage, traffic, log } = context
  log('-- the last journeys end, and orders settle')
  traffic.stop()
  const abandoned = await traffic.finished()
  const last = result.phases.at(-1)
  if (last !== undefined) last.toMs = Date.now()
  if (abandoned > 0) result.problems.push(`${abandoned} journeys ended by an error`)
  await untilSettled(stage)
  const history = await traffic.history()
  const facts: Facts = {
    history,
    provider: await stage.provider.ledger(),
    database: await dumpDatabase(stage.postgres()),
    emails: await stage.emails(),
    reconciliation: await reconcileBooks(stage.balancer.liveUrl, stage.staff),
  }
  result.problems.push(...check(facts).map(({ name, detail }) => `${name}: ${detail}`), ...withoutAnswer(history))
  result.samples = traffic.samples
  result.requests = requestsOf(traffic)
  result.orders = facts.database.orders.length
  for (const phase of result.phases) measure(phase, traffic, result)
}

function measure(phase: PhaseResult, traffic: Traffic, result: RehearsalResult): void {
  const isWithin = ({ atMs }: { atMs: number }): boolean => atMs >= phase.fromMs && atMs < phase.toMs
  const samples = traffic.samples.filter(isWithin)
  phase.requests = samples.reduce((sum, { requests }) => sum + requests, 0)
  phase.p99Ms = Math.max(0, ...samples.map(({ p99Ms }) => p99Ms))
  phase.failed = traffic.failed.filter(isWithin)
  const [first] = phase.failed
  if (phase.isSeamless && first !== undefined)
    result.problems.push(
      `${phase.failed.length} requests failed during "${phase.name}", such as ${first.procedure} of ${first.colour}: ${first.reason}`,
    )
}

/** Requests for whose key no attempt got a definite answer, though their buyers retried. */
function withoutAnswer(history: readonly Attempt[]): string[] {
  const byKey = Map.groupBy(history, ({ op, action, scope, key }) => `${op} ${action} ${scope} ${key}`)
  return [...byKey.values()]
    .filter(
      (attempts) => attempts.length > 1 && attempts.every(({ outcome }) => outcome === 'fail' || outcome === 'info'),
    )
    .map(
      (attempts) =>
        `${attempts[0]?.action} of operation ${attempts[0]?.op} got no answer in ${attempts.length} attempts`,
    )
}

async function untilSettled(stage: Stage): Promise<void> {
  const untilMs = Date.now() + 120_000
  while (Date.now() < untilMs) {
    const database = await dumpDatabase(stage.postgres())
    const left = database.messages.filter((message) => !isUnknownMessage(message))
    if (openOrders(database).length === 0 && left.length === 0) return
    await delay(500)
  }
}
