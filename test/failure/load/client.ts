import { readFile } from 'node:fs/promises'
import { demoAccounts } from '../../../src/demo-accounts.ts'
import { createRandom } from '../random.ts'
import { createBuyers } from './buyers.ts'
import { openHistory } from './history.ts'
import { createCaller } from './http.ts'
import type { Operation } from './plan.ts'

/**
 * The buyers' process. It is never killed, so that its history is complete. Open loop: operations begin at their
 * planned times, independent of earlier requests.
 */

export interface ClientConfig {
  urls: string[]
  planFile: string
  historyFile: string
  /** The SKU that probes buy; never sold out. */
  probeSku: string
  /** Time after the end of the schedule during which buyers still retry, ms. */
  retriesForMs: number
  timeoutMs: number
  seed: number
}

export type ToClient = { type: 'probe'; n: number }
export type FromClient =
  | { type: 'ready' }
  | { type: 'progress'; begun: number; done: number; acknowledged: number }
  | { type: 'probed'; n: number; orderId: string | undefined }
  | { type: 'finished'; acknowledged: number }

const send = (message: FromClient): void => void process.send?.(message)

const config = JSON.parse(process.argv[2] ?? '') as ClientConfig
const plan = JSON.parse(await readFile(config.planFile, 'utf8')) as Operation[]
const history = await openHistory(config.historyFile)
const call = createCaller((server) => config.urls[server % config.urls.length] ?? '')
const lastMs = plan.at(-1)?.atMs ?? 0
const shared = { call, history, token: await logIn(), timeoutMs: config.timeoutMs, random: createRandom(config.seed) }
const buyers = createBuyers({ ...shared, untilMs: Date.now() + lastMs + config.retriesForMs })
/** Probes measure recovery after a fault is healed; they retry without a time limit. */
const probers = createBuyers({ ...shared, untilMs: Infinity })

let begun = 0
let done = 0

process.on('message', ({ n }: ToClient) => {
  // Probes have operation numbers above those of any plan.
  const probe: Operation = {
    op: 1_000_000 + n,
    atMs: 0,
    behaviour: 'plain',
    keys: [`probe-${n}`, ''],
    lines: [{ sku: config.probeSku, quantity: 1 }],
    server: n,
    afterMs: 0,
  }
  void probers.place(probe).then((placed) => send({ type: 'probed', n, orderId: placed?.orderId }))
})
send({ type: 'ready' })

const progress = setInterval(() => send({ type: 'progress', begun, done, acknowledged: buyers.acknowledged() }), 100)
await runPlan()
clearInterval(progress)
send({ type: 'finished', acknowledged: buyers.acknowledged() })

async function runPlan(): Promise<void> {
  const startedAt = Date.now()
  const inFlight: Promise<void>[] = []
  for (const operation of plan) {
    const waitMs = startedAt + operation.atMs - Date.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    begun += 1
    inFlight.push(buyers.perform(operation).then(() => void (done += 1)))
  }
  await Promise.all(inFlight)
}

async function logIn(): Promise<string> {
  const account = demoAccounts.find(({ role }) => role === 'customer')
  const result = await call({
    server: 0,
    procedure: 'user.login',
    input: { email: account?.email, password: account?.password },
    timeoutMs: 10_000,
  })
  if (result.kind !== 'reply' || result.status !== 200)
    throw new Error(`the buyer could not log in: ${JSON.stringify(result)}`)
  return (result.body.result as { data: { token: string } }).data.token
}
