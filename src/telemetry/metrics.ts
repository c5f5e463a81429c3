import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, register } from 'prom-client'
import { metricNames } from './metric-names.ts'

/** Prometheus metrics of this process. Label values come from small closed sets, such as procedures, kinds and services. */

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export const metrics = {
  rpcSeconds: new Histogram({
    name: metricNames.rpcSeconds,
    help: 'Duration of procedure calls',
    labelNames: ['procedure', 'outcome'],
    buckets: latencyBuckets,
  }),
  turnSeconds: new Histogram({
    name: metricNames.turnSeconds,
    help: 'Duration of actor turns',
    labelNames: ['kind'],
    buckets: latencyBuckets,
  }),
  turnMessages: new Histogram({
    name: metricNames.turnMessages,
    help: 'Messages batched in one turn',
    labelNames: ['kind'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  }),
  turnFailures: new Counter({
    name: metricNames.turnFailures,
    help: 'Turns that failed and were rolled back',
    labelNames: ['kind', 'reason'],
  }),
  messagesDeadLettered: new Counter({
    name: metricNames.messagesDeadLettered,
    help: 'Messages moved to the dead letters',
    labelNames: ['kind'],
  }),
  messagesDue: new Gauge({
    name: metricNames.messagesDue,
    help: 'Messages that are due and not handled, counted up to 10000',
  }),
  messagesOldestSeconds: new Gauge({
    name: metricNames.messagesOldestSeconds,
    help: 'Age of the oldest message that is due',
  }),
  messagesPending: new Gauge({
    name: metricNames.messagesPending,
    help: 'Messages in the mailbox, including timers that are not due, counted up to 100000',
    labelNames: ['kind'],
  }),
  deadLetters: new Gauge({
    name: metricNames.deadLetters,
    help: 'Dead letters that wait for staff, counted up to 100000; alert above 0',
    labelNames: ['kind'],
  }),
  sweepAgeSeconds: new Gauge({
    name: metricNames.sweepAgeSeconds,
    help: 'Time since the last sweep of this worker for messages whose wake-up was lost; alert above 30 while Postgres responds',
  }),
  wakeUps: new Counter({
    name: metricNames.wakeUps,
    help: 'Wake-ups by outcome: sent, lost (the queue was away or full), left_to_sweep (too many were being published)',
    labelNames: ['outcome'],
  }),
  queueJobs: new Gauge({
    name: metricNames.queueJobs,
    help: 'Wake-ups in the queue, waiting or active, sampled every 5 s by each worker: take the maximum, not the sum',
    labelNames: ['kind', 'state'],
  }),
  queueProgressSeconds: new Gauge({
    name: metricNames.queueProgressSeconds,
    help: 'Time since this worker consumed a wake-up of this kind or found none waiting',
    labelNames: ['kind'],
  }),
  queueReopened: new Counter({
    name: metricNames.queueReopened,
    help: 'Reopenings of stalled queue consumers, which took nothing while wake-ups waited',
    labelNames: ['kind'],
  }),
  queueFull: new Gauge({
    name: metricNames.queueFull,
    help: '1 while Redis rejects wake-ups because its memory is full: raise maxmemory. Messages wait in Postgres for the sweep',
  }),
  oldestTransactionSeconds: new Gauge({
    name: metricNames.oldestTransactionSeconds,
    help: 'Age of the oldest transaction in the database, which keeps deleted messages from being vacuumed; alert above 60',
  }),
  outboundSeconds: new Histogram({
    name: metricNames.outboundSeconds,
    help: 'Duration of calls to external services',
    labelNames: ['service', 'outcome'],
    buckets: latencyBuckets,
  }),
  breakerState: new Gauge({
    name: metricNames.breakerState,
    help: '1 while the circuit breaker of this external service is open',
    labelNames: ['service'],
  }),
  reconciliationDifferences: new Gauge({
    name: metricNames.reconciliationDifferences,
    help: "Movements that differ between the ledger and the provider's books in the latest daily report",
  }),
  reconciliationFinished: new Gauge({
    name: metricNames.reconciliationFinished,
    help: 'Time at which this process finished the daily report: take the maximum over processes',
  }),
  cacheAnswers: new Counter({
    name: metricNames.cacheAnswers,
    help: 'Public responses served from the cache (hit, stale) or computed for it (miss)',
    labelNames: ['state'],
  }),
  cacheBytes: new Gauge({ name: metricNames.cacheBytes, help: 'Memory of cached responses' }),
  loadShed: new Counter({
    name: metricNames.loadShed,
    help: 'Calls rejected by load shedding, by class of traffic and exhausted resource',
    labelNames: ['class', 'reason'],
  }),
  securityEvents: new Counter({
    name: metricNames.securityEvents,
    help: 'Logins, failed logins, throttled and denied calls, changes of passwords and sessions',
    labelNames: ['event'],
  }),
  webhooks: new Counter({
    name: metricNames.webhooks,
    help: 'Webhooks of the payment provider: received, foreign (about no payment of this shop), rejected (a wrong signature or a malformed event), failed',
    labelNames: ['outcome'],
  }),
  streams: new Gauge({ name: metricNames.streams, help: 'Open event streams' }),
  rateLimited: new Counter({
    name: metricNames.rateLimited,
    help: 'Attempts rejected by a rate limit',
    labelNames: ['limit'],
  }),
  poolWaiting: new Gauge({ name: metricNames.poolWaiting, help: 'Calls waiting for a connection to Postgres' }),
  poolUsed: new Gauge({ name: metricNames.poolUsed, help: 'Connections to Postgres in use' }),
}

/** Collects metrics of event loop, memory and garbage collection. Call it once per process. */
export function collectProcessMetrics(): void {
  collectDefaultMetrics()
}

/**
 * Shares metrics between the processes behind one port: the primary collects them over IPC. Call it in the primary and in
 * each process. @returns the metrics of all processes
 */
export function shareMetrics(): () => Promise<string> {
  const registry = new AggregatorRegistry()
  return () => registry.clusterMetrics()
}

/** The response of `/metrics`. */
export const metricsText = (): Promise<string> => register.metrics()
export const metricsContentType = register.contentType
