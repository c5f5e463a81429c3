import { readFile } from 'node:fs/promises'
import { demoAccounts } from '../../../src/demo-accounts.ts'
import { createChance } from '../chance.ts'
import { createBuyers } from './buyers.ts'
import { openHistory } from './history.ts'
import { createCaller } from './http.ts'
import type { Operation } from './plan.ts'

/**
 * The process of the buyers. It is never killed, so that what it has written down is all that was asked and answered.
 * It works through a plan by the clock, whatever becomes of the requests before.
 */

export interface ClientOrders {
  urls: string[]
  planFile: string
  historyFile: string
  /** What probes buy: never sold out. */
  probeSku: string
  /** How long after the end of its schedule a buyer insists, ms. */
  patienceMs: number
  timeoutMs: number
  seed: number
}

export type ToClient = { type: 'probe'; n: number }
export type FromClient =
  | { type: 'ready' }
  | { type: 'progress'; begun: number; done: number; acknowledged: number }
  | { type: 'probed'; n: number; orderId: string | undefined }
  | { type: 'finished'; acknowledged: number }

const tell = (message: FromClient): void => void process.send?.(message)

const orders = JSON.parse(process.argv[2] ?? '') as ClientOrders
const plan = JSON.parse(await readFile(orders.planFile, 'utf8')) as Operation[]
const history = await openHistory(orders.historyFile)
const call = createCaller(orders.urls)
const lastMs = plan.at(-1)?.atMs ?? 0
const common = { call, history, token: await logIn(), timeoutMs: orders.timeoutMs, chance: createChance(orders.seed) }
const buyers = createBuyers({ ...common, untilMs: Date.now() + lastMs + orders.patienceMs })
/** They come after a fault is healed, and insist for as long as they are asked to. */
const probers = createBuyers({ ...common, untilMs: Infinity })

let begun = 0
let done = 0

process.on('message', ({ n }: ToClient) => {
  // Operations of probes have numbers of their own.
  const probe: Operation = {
    op: 1_000_000 + n,
    atMs: 0,
    manner: 'plain',
    keys: [`probe-${n}`, ''],
    lines: [{ sku: orders.probeSku, quantity: 1 }],
    server: n,
    afterMs: 0,
  }
  void probers.place(probe).then((placed) => tell({ type: 'probed', n, orderId: placed?.orderId }))
})
tell({ type: 'ready' })

const progress = setInterval(() => tell({ type: 'progress', begun, done, acknowledged: buyers.acknowledged() }), 100)
await work()
clearInterval(progress)
tell({ type: 'finished', acknowledged: buyers.acknowledged() })

/** Open loop: each operation begins at its time. */
async function work(): Promise<void> {
  const startedAt = Date.now()
  const underWay: Promise<void>[] = []
  for (const operation of plan) {
    const waitMs = startedAt + operation.atMs - Date.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    begun += 1
    underWay.push(buyers.behave(operation).then(() => void (done += 1)))
  }
  await Promise.all(underWay)
}

async function logIn(): Promise<string> {
  const account = demoAccounts.find(({ role }) => role === 'customer')
  const answer = await call({
    server: 0,
    procedure: 'user.login',
    input: { email: account?.email, password: account?.password },
    timeoutMs: 10_000,
  })
  if (answer.kind !== 'answer' || answer.status !== 200)
    throw new Error(`the buyer could not log in: ${JSON.stringify(answer)}`)
  return (answer.body.result as { data: { token: string } }).data.token
}
