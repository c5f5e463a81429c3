import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, register } from 'prom-client'

/** Prometheus metrics of this process. Label values come from small closed sets: procedures, kinds, parties. */

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export const metrics = {
  rpcSeconds: new Histogram({
    name: 'holdfast_rpc_seconds',
    help: 'Duration of procedure calls',
    labelNames: ['procedure', 'outcome'],
    buckets: latencyBuckets,
  }),
  turnSeconds: new Histogram({
    name: 'holdfast_turn_seconds',
    help: 'Duration of actor turns',
    labelNames: ['kind'],
    buckets: latencyBuckets,
  }),
  turnMessages: new Histogram({
    name: 'holdfast_turn_messages',
    help: 'Messages gathered in one turn',
    labelNames: ['kind'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  }),
  turnFailures: new Counter({
    name: 'holdfast_turn_failures_total',
    help: 'Turns that failed and were rolled back',
    labelNames: ['kind', 'reason'],
  }),
  messagesDeadLettered: new Counter({
    name: 'holdfast_messages_dead_lettered_total',
    help: 'Messages parked for staff',
    labelNames: ['kind'],
  }),
  messagesDue: new Gauge({
    name: 'holdfast_messages_due',
    help: 'Messages that are due and not handled; 10000 stands for more',
  }),
  messagesOldestSeconds: new Gauge({
    name: 'holdfast_messages_oldest_seconds',
    help: 'Age of the oldest message that is due',
  }),
  messagesPending: new Gauge({
    name: 'holdfast_messages_pending',
    help: 'Messages in the mailbox, timers that are not due included; 100000 stands for more',
    labelNames: ['kind'],
  }),
  deadLetters: new Gauge({
    name: 'holdfast_dead_letters',
    help: 'Messages that are parked and wait for staff; alarm above 0. 100000 stands for more',
    labelNames: ['kind'],
  }),
  sweepAgeSeconds: new Gauge({
    name: 'holdfast_sweep_age_seconds',
    help: 'Time since this worker has last read the mailbox for mail whose wake-up was lost; alarm above 30 while Postgres answers',
  }),
  wakeUps: new Counter({
    name: 'holdfast_wake_ups_total',
    help: 'Wake-ups given to the queue: sent, lost (the queue was away or full), left_to_sweep (too many were on their way)',
    labelNames: ['outcome'],
  }),
  queueJobs: new Gauge({
    name: 'holdfast_queue_jobs',
    help: 'Wake-ups waiting for a worker and active in one, by kind, sampled every 5 s by each worker: take the maximum, not the sum',
    labelNames: ['kind', 'state'],
  }),
  queueProgressSeconds: new Gauge({
    name: 'holdfast_queue_progress_seconds',
    help: 'Time since this worker has taken a wake-up of this kind or found none waiting',
    labelNames: ['kind'],
  }),
  queueReopened: new Counter({
    name: 'holdfast_queue_consumers_reopened_total',
    help: 'Queue workers that took nothing though wake-ups waited, and were opened anew',
    labelNames: ['kind'],
  }),
  queueFull: new Gauge({
    name: 'holdfast_queue_full',
    help: '1 while Redis has refused the last wake-up because its memory is used up: raise maxmemory. Mail waits in Postgres and is swept',
  }),
  oldestTransactionSeconds: new Gauge({
    name: 'holdfast_oldest_transaction_seconds',
    help: 'Age of the oldest transaction in our database: while it lasts, what is deleted from the mailbox stays on its pages; alarm above 60',
  }),
  outboundSeconds: new Histogram({
    name: 'holdfast_outbound_seconds',
    help: 'Duration of calls to outside parties',
    labelNames: ['service', 'outcome'],
    buckets: latencyBuckets,
  }),
  breakerState: new Gauge({
    name: 'holdfast_breaker_open',
    help: '1 while the breaker of this party is open',
    labelNames: ['service'],
  }),
  reconciliationDifferences: new Gauge({
    name: 'holdfast_reconciliation_differences',
    help: "Movements of money that our ledger and the provider's books do not agree on, as the daily report found them",
  }),
  reconciliationFinished: new Gauge({
    name: 'holdfast_reconciliation_timestamp_seconds',
    help: 'When this process made the daily report: of several processes the latest counts',
  }),
  cacheAnswers: new Counter({
    name: 'holdfast_cache_answers_total',
    help: 'Public answers given from the cache (hit, stale), or made for it (miss)',
    labelNames: ['state'],
  }),
  cacheBytes: new Gauge({ name: 'holdfast_cache_bytes', help: 'Memory that cached answers take' }),
  shed: new Counter({
    name: 'holdfast_shed_total',
    help: 'Calls refused at the door, by what they were and what was short',
    labelNames: ['class', 'reason'],
  }),
  poolWaiting: new Gauge({ name: 'holdfast_pool_waiting', help: 'Callers waiting for a connection to Postgres' }),
  poolUsed: new Gauge({ name: 'holdfast_pool_used', help: 'Connections to Postgres in use' }),
}

/** Event loop, memory and garbage collection; once a process. */
export function collectProcessMetrics(): void {
  collectDefaultMetrics()
}

/**
 * Of several processes behind one port, the primary answers for all: it asks them over their channel.
 * To be called in the primary and in each process.
 */
export function shareMetrics(): () => Promise<string> {
  const registry = new AggregatorRegistry()
  return () => registry.clusterMetrics()
}

/** The text that `/metrics` answers. */
export const metricsText = (): Promise<string> => register.metrics()
export const metricsContentType = register.contentType
