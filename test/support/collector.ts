import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface CollectedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  /** `holdfast.role` of the process that sent it. */
  role: string
  attributes: Record<string, unknown>
}

export interface CollectedMetric {
  name: string
  role: string
  /** Labels and values of its points. */
  points: { attributes: Record<string, unknown>; value: number }[]
}

/** An OpenTelemetry collector: it receives OTLP over HTTP in JSON and keeps it. */
export interface Collector extends AsyncDisposable {
  url: string
  spans: CollectedSpan[]
  metrics: CollectedMetric[]
  /** All that was received, as text. */
  bodies: string[]
  /** Of the last request. */
  headers(): Record<string, unknown>
}

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean }
type Attributes = { key: string; value: Value }[]
type Scoped<Kind extends string, Scope> = { resource: { attributes: Attributes } } & Record<Kind, Scope[]>
type Span = Omit<CollectedSpan, 'attributes' | 'role'> & { attributes: Attributes }
type Point = { attributes?: Attributes; asDouble?: number; asInt?: number | string; count?: number | string }
type Metric = { name: string } & Partial<Record<'sum' | 'gauge' | 'histogram', { dataPoints: Point[] }>>

interface Received {
  resourceSpans?: Scoped<'scopeSpans', { spans: Span[] }>[]
  resourceMetrics?: Scoped<'scopeMetrics', { metrics: Metric[] }>[]
}

const read = (attributes: Attributes = []): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
const roleOf = ({ attributes }: { attributes: Attributes }): string => String(read(attributes)['holdfast.role'])

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = []
  const metrics: CollectedMetric[] = []
  const bodies: string[] = []
  let headers: Record<string, unknown> = {}

  function receive({ resourceSpans = [], resourceMetrics = [] }: Received): void {
    for (const { resource, scopeSpans } of resourceSpans)
      for (const span of scopeSpans.flatMap((scope) => scope.spans))
        spans.push({ ...span, role: roleOf(resource), attributes: read(span.attributes) })
    for (const { resource, scopeMetrics } of resourceMetrics)
      for (const { name, sum, gauge, histogram } of scopeMetrics.flatMap((scope) => scope.metrics)) {
        const points = (sum ?? gauge ?? histogram)?.dataPoints ?? []
        const valueOf = ({ asDouble, asInt, count }: Point) => Number(asDouble ?? asInt ?? count)
        metrics.push({
          name,
          role: roleOf(resource),
          points: points.map((point) => ({ attributes: read(point.attributes), value: valueOf(point) })),
        })
      }
  }

  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request)
      headers = request.headers
      const isKnown = request.url === '/v1/traces' || request.url === '/v1/metrics'
      if (isKnown) {
        bodies.push(body)
        receive(JSON.parse(body) as Received)
      }
      response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })().catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    metrics,
    bodies,
    headers: () => headers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
