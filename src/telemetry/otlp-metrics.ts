import { ValueType, type Attributes, type HrTime } from '@opentelemetry/api'
import { millisToHrTime } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'
import { register, type MetricObjectWithValues, type MetricValue } from 'prom-client'

/** Adapter: the metrics of the Prometheus registry as OpenTelemetry's data, cumulative since the process began. */
export function createMetricProducer(resource: Resource): MetricProducer {
  const startTime = millisToHrTime(Date.now())
  return {
    async collect() {
      const period = { startTime, endTime: millisToHrTime(Date.now()) }
      const metrics = (await register.getMetricsAsJSON()).flatMap((metric) => convert(metric, period) ?? [])
      return { resourceMetrics: { resource, scopeMetrics: [{ scope: { name: 'holdfast' }, metrics }] }, errors: [] }
    },
  }
}

type Period = { startTime: HrTime; endTime: HrTime }
type Sample = MetricValue<string> & { metricName?: string }
type Metric = MetricObjectWithValues<Sample>

/** @returns undefined for a metric without values, and for a summary, which OTLP has only for old formats */
function convert(metric: Metric, period: Period): MetricData | undefined {
  const shared = {
    descriptor: {
      name: metric.name,
      description: metric.help,
      unit: unitOf(metric.name),
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  }
  const points = () =>
    metric.values.map(({ labels, value }) => ({ ...period, attributes: labels as Attributes, value }))
  if (metric.values.length === 0) return undefined
  // prom-client's declarations give the types as numbers, and its values are names.
  switch (String(metric.type)) {
    case 'counter':
      return { ...shared, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points() }
    case 'gauge':
      return { ...shared, dataPointType: DataPointType.GAUGE, dataPoints: points() }
    case 'histogram':
      return { ...shared, dataPointType: DataPointType.HISTOGRAM, dataPoints: histograms(metric, period) }
    default:
      return undefined
  }
}

/** Units of UCUM, as OpenTelemetry writes them. */
function unitOf(name: string): string {
  if (/_seconds(_total)?$/.test(name)) return 's'
  return name.endsWith('_bytes') ? 'By' : '1'
}

/** Joins the samples of each series: Prometheus counts buckets up to a bound, OTLP counts each alone. */
function histograms({ values }: Metric, period: Period): DataPoint<Histogram>[] {
  const series = Map.groupBy(values, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels))
  return [...series].map(([labels, samples]) => {
    const buckets = samples.filter(({ metricName }) => metricName?.endsWith('_bucket') === true)
    const upTo = buckets.map(({ value }) => value)
    const sampleOf = (suffix: string) => samples.find(({ metricName }) => metricName?.endsWith(suffix) === true)?.value
    return {
      ...period,
      attributes: JSON.parse(labels) as Attributes,
      value: {
        buckets: {
          boundaries: buckets.map(({ labels: { le } }) => Number(le)).filter(Number.isFinite),
          counts: upTo.map((count, index) => count - (upTo[index - 1] ?? 0)),
        },
        sum: sampleOf('_sum') ?? 0,
        count: sampleOf('_count') ?? 0,
      },
    }
  })
}
