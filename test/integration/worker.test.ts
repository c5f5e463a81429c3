import { expect, test } from 'vitest'
import { freePort } from '#lib/free-port'
import { createBuyer, expectSettled, startFleet, startProxy, startRedis, waitFor, type Fleet } from '#test'

/** A worker as its operator sees it: health, a graceful stop, and an exit when its queue stays deaf. */

async function placeOne(fleet: Fleet, url: string): Promise<string> {
  const [row] = await fleet.query<{ sku: string }>('select sku from product.stock where available > 0 limit 1')
  const ada = createBuyer(url, url)
  const answer = await ada.place(await ada.createCart([{ sku: row?.sku ?? '', quantity: 1 }]))
  if (answer.outcome !== 'placed') throw new Error(`the order was refused: ${answer.reason}`)
  return answer.order.id
}

const statusOf = async (port: number, path: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).status

test(
  'a worker stopped while a payment hangs exits within its time; the next one pays the order once',
  { timeout: 120_000 },
  async () => {
    await using redis = await startRedis()
    await using fleet = await startFleet({ redisUrl: redis.url })
    const port = await freePort()
    const [server, first] = await Promise.all([
      fleet.start(['serve']),
      fleet.start(['worker'], { METRICS_PORT: String(port), SHUTDOWN_MS: '5000', PAYMENT_TIMEOUT_MS: '30000' }),
    ])
    expect([await statusOf(port, '/livez'), await statusOf(port, '/readyz')]).toEqual([200, 200])
    await fleet.setFault({ mode: 'hang' })
    const order = await placeOne(fleet, server.url())
    const held = () => fleet.query(`select 1 from actor.mailbox where kind = 'payment' and leased_until > now()`)
    await waitFor(async () => (await held()).length === 1, { what: 'the payment to hang' })

    const ended = first.stop('SIGTERM')
    await waitFor(async () => (await statusOf(port, '/readyz')) === 503, { what: 'readiness to be false' })
    expect(await statusOf(port, '/livez')).toBe(200)
    // Code 0 is the worker's own: at its deadline, SHUTDOWN_MS, it would be cut short with code 1.
    expect(await ended).toBe(0)
    expect(first.output()).toContain('another worker takes them up')
    // The payment still hangs: its lease runs, and the provider has not executed it.
    expect(await held()).toHaveLength(1)
    expect((await fleet.ledger()).filter(({ captured }) => captured > 0)).toEqual([])

    await fetch(`${fleet.sandboxUrl}/_sandbox/faults`, { method: 'DELETE' })
    await fleet.start(['worker'])
    await expectSettled(fleet, [order], { timeoutMs: 60_000 })
  },
)

test(
  'a worker whose queue stays deaf exits with code 1 and says why; until then its sweep pays orders',
  { timeout: 120_000 },
  async () => {
    await using redis = await startRedis()
    // Only commands of consumers are cut off: producers of the same process still reach Redis.
    await using proxy = await startProxy(redis.port, { only: /bzpopmin|:stalled/i })
    await using fleet = await startFleet({ redisUrl: `redis://127.0.0.1:${proxy.port}` })
    const port = await freePort()
    const worker = await fleet.start(['worker'], { METRICS_PORT: String(port), QUEUE_STALL_MS: '900' })
    const server = await fleet.start(['serve'])
    proxy.blackHole()
    const order = await placeOne(fleet, server.url())
    await expectSettled(fleet, [order], { timeoutMs: 60_000 })
    expect(await worker.ended()).toBe(1)
    expect(worker.output()).toContain('reopening it')
    expect(worker.output()).toContain('its supervisor starts it again')
  },
)

test('the metrics of a worker describe its queue, its mailbox and its database', { timeout: 120_000 }, async () => {
  await using redis = await startRedis()
  await using fleet = await startFleet({ redisUrl: redis.url })
  const port = await freePort()
  await fleet.start(['worker'], { METRICS_PORT: String(port), QUEUE_STALL_MS: '900' })
  await fleet.query(
    `insert into actor.dead_letter (id, kind, actor_id, version, payload, reason) values (0, 'email', 'x', 1, '{}', 'rejected')`,
  )
  const expected = [
    /^holdfast_dead_letters\{kind="email"\} 1$/m,
    /^holdfast_messages_pending\{kind="housekeeping"\} 1$/m,
    /^holdfast_queue_jobs\{kind="payment",state="waiting"\} 0$/m,
    /^holdfast_queue_progress_seconds\{kind="payment"\} \d/m,
    /^holdfast_sweep_age_seconds \d/m,
    /^holdfast_oldest_transaction_seconds \d/m,
    /^holdfast_queue_full 0$/m,
  ]
  const missing = async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return expected.filter((line) => !line.test(text)).map(String)
  }
  await waitFor(async () => (await missing()).length === 0, { what: 'the metrics', timeoutMs: 25_000 }).catch(
    () => undefined,
  )
  expect(await missing()).toEqual([])
})
