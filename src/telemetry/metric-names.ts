/**
 * Names of all metrics of the program, without dependencies: alarms and dashboards outside of it import them from here.
 * A histogram has the series `_bucket`, `_sum` and `_count` under its name.
 */
export const metricNames = {
  rpcSeconds: 'holdfast_rpc_seconds',
  turnSeconds: 'holdfast_turn_seconds',
  turnMessages: 'holdfast_turn_messages',
  turnFailures: 'holdfast_turn_failures_total',
  messagesDeadLettered: 'holdfast_messages_dead_lettered_total',
  messagesDue: 'holdfast_messages_due',
  messagesOldestSeconds: 'holdfast_messages_oldest_seconds',
  messagesPending: 'holdfast_messages_pending',
  deadLetters: 'holdfast_dead_letters',
  sweepAgeSeconds: 'holdfast_sweep_age_seconds',
  wakeUps: 'holdfast_wake_ups_total',
  queueJobs: 'holdfast_queue_jobs',
  queueProgressSeconds: 'holdfast_queue_progress_seconds',
  queueReopened: 'holdfast_queue_consumers_reopened_total',
  queueFull: 'holdfast_queue_full',
  oldestTransactionSeconds: 'holdfast_oldest_transaction_seconds',
  outboundSeconds: 'holdfast_outbound_seconds',
  breakerState: 'holdfast_breaker_open',
  reconciliationDifferences: 'holdfast_reconciliation_differences',
  reconciliationFinished: 'holdfast_reconciliation_timestamp_seconds',
  cacheAnswers: 'holdfast_cache_answers_total',
  cacheBytes: 'holdfast_cache_bytes',
  loadShed: 'holdfast_shed_total',
  securityEvents: 'holdfast_security_events_total',
  webhooks: 'holdfast_webhooks_total',
  streams: 'holdfast_event_streams',
  rateLimited: 'holdfast_rate_limited_total',
  poolWaiting: 'holdfast_pool_waiting',
  poolUsed: 'holdfast_pool_used',
} as const

/** Of the process, as prom-client names them: those that alarms and dashboards read. */
export const processMetricNames = {
  eventLoopDelayP99Seconds: 'nodejs_eventloop_lag_p99_seconds',
  heapUsedBytes: 'nodejs_heap_size_used_bytes',
  residentMemoryBytes: 'process_resident_memory_bytes',
  cpuSeconds: 'process_cpu_seconds_total',
} as const
