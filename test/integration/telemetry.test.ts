import { expect, test } from 'vitest'
import { freePort } from '#lib/free-port'
import { metricNames, processMetricNames } from '#telemetry'
import {
  createBuyer,
  expectSettled,
  homeAddress,
  startCollector,
  startFleet,
  startRedis,
  waitFor,
  type Fleet,
} from '#test'

/** Telemetry as its operator sees it: a server and a worker that send to one collector, and serve /metrics. */

/** Prints each package of OpenTelemetry's SDK that a process loads. */
const printLoaded = `import { registerHooks } from 'node:module'
registerHooks({ load: (url, context, next) => {
  const [name] = /@opentelemetry.(sdk|exporter)-[a-z-]+/.exec(url) ?? []
  if (name !== undefined) process.stderr.write('loaded ' + name + String.fromCharCode(10))
  return next(url, context)
} })`
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(printLoaded)}`

async function placeOrder(fleet: Fleet, url: string): Promise<string> {
  const [row] = await fleet.query<{ sku: string }>('select sku from product.stock where available > 0 limit 1')
  const ada = createBuyer(url)
  const answer = await ada.place(await ada.createCart([{ sku: row?.sku ?? '', quantity: 1 }]))
  if (answer.outcome !== 'placed') throw new Error(`the order was rejected: ${answer.reason}`)
  return answer.order.id
}

/** Keeps what the mailbox has held: a handled message is deleted. */
const keepMessages = `
  create table public.sent (kind text, traceparent text);
  create function public.keep() returns trigger language plpgsql as
    $$ begin insert into public.sent values (new.kind, new.traceparent); return null; end $$;
  create trigger keep after insert on actor.mailbox for each row execute function public.keep();`

test(
  'a collector receives one connected trace of an order, from the request to the payment, and the metrics of alarms',
  { timeout: 180_000 },
  async () => {
    await using collector = await startCollector()
    await using redis = await startRedis()
    await using fleet = await startFleet({
      redisUrl: redis.url,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-token=the%20secret',
        OTEL_METRIC_EXPORT_INTERVAL: '500',
        OTEL_TRACES_SAMPLER_ARG: '1',
        NODE_OPTIONS,
      },
    })
    const ports = [await freePort(), await freePort()] as const
    const [server] = await Promise.all([
      fleet.start(['serve'], { METRICS_PORT: String(ports[0]) }),
      fleet.start(['worker'], { METRICS_PORT: String(ports[1]) }),
    ])
    expect(server.output()).toContain('loaded @opentelemetry')
    await expectSettled(fleet, [await placeOrder(fleet, server.url())], { timeoutMs: 60_000 })

    const expected = [
      ['server', 'order.place'],
      ['server', 'turn cart'],
      ['worker', 'message payment'],
      ['worker', 'effect payment'],
      ['worker', 'call payment'],
      ['worker', 'turn order'],
      ['worker', 'message email'],
      ['worker', 'effect email'],
    ]
    const traceOfOrder = () => {
      const { traceId } = collector.spans.find(({ name }) => name === 'order.place') ?? {}
      return collector.spans.filter((span) => span.traceId === traceId)
    }
    const parentOf = ({ parentSpanId }: { parentSpanId?: string }) =>
      traceOfOrder().find(({ spanId }) => spanId === parentSpanId)
    const missing = () =>
      expected.filter(([role, name]) => !traceOfOrder().some((span) => span.role === role && span.name === name))
    const orphans = () => traceOfOrder().filter((span) => parentOf(span) === undefined)
    await waitFor(() => missing().length === 0 && orphans().length === 1, { what: 'the trace' }).catch(() => undefined)
    expect(missing()).toEqual([])
    // The request alone has no parent: all else hangs together under it.
    expect(orphans().map(({ role, name }) => [role, name])).toEqual([['server', expect.stringMatching(/^POST \//)]])

    const pathOf = (name: string): string[] => {
      const path: string[] = []
      for (let span = traceOfOrder().find((one) => one.name === name); span !== undefined; span = parentOf(span))
        path.unshift(span.name)
      return path
    }
    expect(pathOf('call payment').slice(1)).toEqual([
      'order.place',
      'turn cart',
      'message payment',
      'effect payment',
      'call payment',
    ])
    const sent = collector.bodies.join('\n')
    const secrets = [...Object.values(homeAddress), 'ada@example.com', 'pm_card_visa', 'sk_test', 'secret']
    expect(secrets.filter((text) => text !== homeAddress.country && sent.includes(text))).toEqual([])
    expect(collector.headers()).toMatchObject({ 'x-token': 'the secret' })

    await fleet.query(
      `insert into actor.dead_letter (id, kind, actor_id, version, payload, reason) values (0, 'email', 'x', 1, '{}', 'rejected')`,
    )
    const alarms = [
      metricNames.rpcSeconds,
      metricNames.messagesOldestSeconds,
      metricNames.deadLetters,
      metricNames.breakerState,
      metricNames.reconciliationDifferences,
      metricNames.poolWaiting,
      metricNames.queueProgressSeconds,
      metricNames.sweepAgeSeconds,
      metricNames.turnSeconds,
      ...Object.values(processMetricNames),
    ]
    const unreceived = () => alarms.filter((name) => !collector.metrics.some((metric) => metric.name === name))
    await waitFor(() => unreceived().length === 0, { what: 'the metrics', timeoutMs: 25_000 }).catch(() => undefined)
    expect(unreceived()).toEqual([])
    const pointsOf = (name: string, role: string) =>
      collector.metrics.findLast((metric) => metric.name === name && metric.role === role)?.points
    await waitFor(() => pointsOf(metricNames.deadLetters, 'worker')?.some(({ value }) => value === 1), {
      what: 'the dead letter',
    })
    expect(pointsOf(metricNames.breakerState, 'worker')).toContainEqual({
      attributes: { service: 'payment' },
      value: 0,
    })
    const placed = { attributes: { procedure: 'order.place', outcome: 'ok' }, value: 1 }
    await waitFor(() => pointsOf(metricNames.rpcSeconds, 'server')?.length, { what: 'the calls' })
    expect(pointsOf(metricNames.rpcSeconds, 'server')).toContainEqual(placed)

    const served = await Promise.all(
      ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
    )
    const names = [...Object.values(metricNames), ...Object.values(processMetricNames)]
    expect(names.filter((name) => !served.every((text) => text.includes(`# TYPE ${name} `)))).toEqual([])
  },
)

test(
  'a shop without a collector loads no SDK and writes no trace into messages; one with sampled-out requests writes none either',
  { timeout: 180_000 },
  async () => {
    await using collector = await startCollector()
    await using redis = await startRedis()
    await using fleet = await startFleet({ redisUrl: redis.url, env: { NODE_OPTIONS } })
    await fleet.query(keepMessages)
    const sampledOut = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '0' }
    const [off, out, worker] = await Promise.all([
      fleet.start(['serve']),
      fleet.start(['serve'], sampledOut),
      fleet.start(['worker']),
    ])
    const orders = [await placeOrder(fleet, off.url()), await placeOrder(fleet, out.url())]
    await expectSettled(fleet, orders, { timeoutMs: 60_000 })
    expect(off.output() + worker.output()).not.toContain('loaded @opentelemetry')
    expect(out.output()).toContain('loaded @opentelemetry')
    const [counts] = await fleet.query(
      `select count(*) > 0 as "isSent", count(traceparent)::int as traced from public.sent where kind = 'payment'`,
    )
    expect(counts).toEqual({ isSent: true, traced: 0 })
    expect(collector.spans).toEqual([])
  },
)

test('an order is placed and paid while the collector is away', { timeout: 120_000 }, async () => {
  await using redis = await startRedis()
  await using fleet = await startFleet({
    redisUrl: redis.url,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      OTEL_METRIC_EXPORT_INTERVAL: '200',
      OTEL_TRACES_SAMPLER_ARG: '1',
    },
  })
  const [server, worker] = await Promise.all([fleet.start(['serve']), fleet.start(['worker'])])
  await expectSettled(fleet, [await placeOrder(fleet, server.url())], { timeoutMs: 60_000 })
  await waitFor(() => worker.output().includes('telemetry could not be exported'), { what: 'the warning' })
  expect(await worker.stop('SIGTERM')).toBe(0)
})
