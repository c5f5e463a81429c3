/**
 * Metrics of the program that alarms watch, by their names under /metrics (src/telemetry); a test compares. A collector on
 * the instances publishes these to CloudWatch under `metricNamespace`, each without dimensions: over all instances and
 * labels. Counters are published as differences.
 */
export const watchedMetrics = [
  'holdfast_rpc_seconds',
  'holdfast_turn_seconds',
  'holdfast_turn_failures_total',
  'holdfast_messages_oldest_seconds',
  'holdfast_messages_due',
  'holdfast_dead_letters',
  'holdfast_sweep_age_seconds',
  'holdfast_queue_full',
  'holdfast_queue_progress_seconds',
  'holdfast_queue_consumers_reopened_total',
  'holdfast_oldest_transaction_seconds',
  'holdfast_breaker_open',
  'holdfast_reconciliation_differences',
  'holdfast_shed_total',
  'holdfast_pool_waiting',
] as const

/** Metrics that the dashboard shows, and on which no bound is right for every shop. */
export const shownMetrics = ['holdfast_webhooks_total', 'holdfast_pool_used'] as const

export type WatchedMetric = (typeof watchedMetrics)[number]

/** Namespace in CloudWatch. */
export const metricNamespace = 'Holdfast'
