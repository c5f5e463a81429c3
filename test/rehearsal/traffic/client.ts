import { readFile } from 'node:fs/promises'
import { createBuyers } from '../../failure/load/buyers.ts'
import { openHistory } from '../../failure/load/history.ts'
import { createCaller, type CallResult, type Observation } from '../../failure/load/http.ts'
import type { Operation } from '../../failure/load/plan.ts'
import { createRandom, type Random } from '../../failure/random.ts'
import type { Colour } from '../haproxy.ts'
import type { FailedRequest, FromTraffic, Sample, ToTraffic, TrafficConfig } from './messages.ts'

/**
 * The process of the clients, which is never killed. Open loop: whole journeys begin at their planned times, whatever
 * became of the earlier ones. A part of the clients goes on with the address that it knew before a swap.
 */

const config = JSON.parse(process.argv[2] ?? '') as TrafficConfig
const plan = JSON.parse(await readFile(config.planFile, 'utf8')) as Operation[]
const history = await openHistory(config.historyFile)
const random = createRandom(config.seed).fork('traffic')
const send = (message: FromTraffic): void => void process.send?.(message)

let resolved: Colour = 'blue'
let isStopped = false
process.on('message', (message: ToTraffic) => {
  if (message.type === 'stop') isStopped = true
  else resolved = message.colour
})

/** Measurements of the current second, by colour. */
let measured = new Map<Colour | 'none', { ms: number[]; failures: number; orders: number }>()
let failed: FailedRequest[] = []
/** Ids of orders that a client knows of: a repeated request gets the same answer. */
const confirmed = new Set<string>()

function observe({ procedure, result, headers, ms }: Observation): void {
  const colour = (headers['x-colour'] as Colour | undefined) ?? 'none'
  const group = measured.get(colour) ?? { ms: [], failures: 0, orders: 0 }
  measured.set(colour, group)
  group.ms.push(ms)
  const orderId = placedOrderOf(procedure, result)
  if (orderId !== undefined && !confirmed.has(orderId)) {
    confirmed.add(orderId)
    group.orders += 1
  }
  const reason = failureOf(result)
  if (reason === undefined) return
  group.failures += 1
  failed.push({ atMs: Date.now(), procedure, colour, reason })
}

function placedOrderOf(procedure: string, result: CallResult): string | undefined {
  if (procedure !== 'order.place' || result.kind !== 'reply') return undefined
  return (result.body.result?.data as { order?: { id: string } } | undefined)?.order?.id
}

/** `in_flight` and business rejections are answers. */
function failureOf(result: CallResult): string | undefined {
  if (result.kind === 'unsent') return 'connection refused'
  if (result.kind === 'lost') return result.reason
  const code = result.body.error?.data?.error
  return result.status >= 500 ? `${result.status} ${code ?? ''}`.trim() : undefined
}

/** Clients of the live address, and those that resolve it late. */
const fast = createCaller(() => config.liveUrl, observe)
const slow = createCaller(() => config.colourUrls[resolved], observe)
const { timeoutMs, customerToken: token } = config
const untilMs = Date.now() + (plan.at(-1)?.atMs ?? 0) + config.retriesForMs
const buyersOf = (call: typeof fast) => createBuyers({ call, history, token, untilMs, timeoutMs, random })
const buyers = { fast: buyersOf(fast), slow: buyersOf(slow) }

let begun = 0
let inFlight = 0
let abandoned = 0
send({ type: 'ready' })
const timer = setInterval(report, 1_000)
await runPlan()
clearInterval(timer)
report()
send({ type: 'finished', abandoned })

async function runPlan(): Promise<void> {
  const startedAt = Date.now()
  const journeys: Promise<void>[] = []
  for (const operation of plan) {
    const waitMs = startedAt + operation.atMs - Date.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    if (isStopped) break
    begun += 1
    journeys.push(journey(operation))
  }
  await Promise.all(journeys)
}

/** Looks around as a buyer does, then orders. */
async function journey(operation: Operation): Promise<void> {
  inFlight += 1
  const isSlow = random.happens(config.slowShare)
  try {
    await browse(isSlow ? slow : fast, random.fork(operation.keys[0]))
    await buyers[isSlow ? 'slow' : 'fast'].perform(operation)
  } catch {
    abandoned += 1
  } finally {
    inFlight -= 1
  }
}

async function browse(call: typeof fast, chance: Random): Promise<void> {
  const read = (procedure: string, input: object) =>
    call({ server: 0, procedure, input, timeoutMs, isQuery: true }).then(() => undefined)
  await read('product.categories', {})
  await read('product.list', { limit: 24, sort: chance.pick(['newest', 'price_asc', 'price_desc']) })
  await read('product.search', { q: chance.pick(config.words), limit: 24 })
  for (let n = chance.between(1, 5); n > 0; n -= 1) {
    const slug = chance.pick(config.slugs)
    await Promise.all([read('product.get', { slug }), read('product.suggest', { q: slug.slice(0, 4) })])
  }
}

function report(): void {
  const atMs = Date.now()
  const samples = [...measured].map(([colour, { ms, failures, orders: placed }]): Sample => {
    const sorted = ms.toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return { atMs, colour, requests: sorted.length, failures, orders: placed, p50Ms: at(0.5), p99Ms: at(0.99) }
  })
  const orders = buyers.fast.acknowledged() + buyers.slow.acknowledged()
  send({ type: 'samples', samples, failed, orders, begun, inFlight })
  measured = new Map()
  failed = []
}
