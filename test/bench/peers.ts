import { randomUUID } from 'node:crypto'
import { Queue, Worker } from 'bullmq'
import Stripe from 'stripe'
import { serveParent } from './child.ts'
import { closedLoop } from './window.ts'

/** Baselines of a worker with bare libraries: the same calls to the payment provider, and the same queue jobs. */

export type PeerTask = { type: 'sdk'; seconds: number; callers: number } | { type: 'bullmq'; jobs: number }

const { PAYMENT_URL: url = '', PAYMENT_SECRET_KEY: secretKey = '', REDIS_URL: redisUrl = '' } = process.env

/** @returns paid orders per second, with two calls each */
async function payWithSdk({ seconds, callers }: { seconds: number; callers: number }): Promise<number> {
  const { hostname: host, port } = new URL(url)
  const stripe = new Stripe(secretKey, {
    host,
    port: Number(port),
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
  })
  const done = await closedLoop(
    async () => {
      const id = randomUUID()
      const intent = await stripe.paymentIntents.create(
        {
          amount: 3_490,
          currency: 'usd',
          metadata: { order_id: id },
          automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        },
        { idempotencyKey: `${id}:open` },
      )
      const paid = await stripe.paymentIntents.confirm(
        intent.id,
        // The same request as the worker's, which reads the fee with it.
        { payment_method: 'pm_card_visa', expand: ['latest_charge.balance_transaction'] },
        { idempotencyKey: `${id}:confirm` },
      )
      if (paid.status !== 'succeeded') throw new Error(`a payment is ${paid.status}`)
    },
    { callers, seconds },
  )
  return done.latencies.length / done.seconds
}

/** @returns no-op jobs per second */
async function runJobs(jobs: number): Promise<number> {
  const { hostname: host, port } = new URL(redisUrl)
  const name = `bench-${randomUUID()}`
  const queue = new Queue(name, { connection: { host, port: Number(port) } })
  await queue.addBulk(
    Array.from({ length: jobs }, (_, n) => ({
      name: 'no-op',
      data: { ids: [`${n}`] },
      opts: { removeOnComplete: true },
    })),
  )
  const startedAt = performance.now()
  let done = 0
  const all = Promise.withResolvers<void>()
  const worker = new Worker(
    name,
    async () => {
      done += 1
      if (done === jobs) all.resolve()
    },
    { connection: { host, port: Number(port), maxRetriesPerRequest: null }, concurrency: 32 },
  )
  await all.promise
  const seconds = (performance.now() - startedAt) / 1_000
  await worker.close()
  await queue.close()
  return jobs / seconds
}

serveParent(
  (task: PeerTask) => (task.type === 'sdk' ? payWithSdk(task) : runJobs(task.jobs)),
  () => Promise.resolve(),
)
