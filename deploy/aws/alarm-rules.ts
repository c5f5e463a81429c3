import { databaseIdentifier } from './database.ts'
import { metricNamespace, type WatchedMetric } from './application-metrics.ts'
import { orderTopicName, queueNames } from './messaging.ts'
import { redisNodes, type RedisGroup } from './redis.ts'
import type { Settings } from './settings.ts'
import { sizes } from './sizes.ts'

/** When an alarm sounds: `statistic` of the metric lies beyond `bound` for `minutes`. */
export interface AlarmRule {
  /** Unique within the shop. */
  id: string
  namespace: string
  metric: string
  dimensions: Readonly<Record<string, string>>
  statistic: 'Average' | 'Maximum' | 'Minimum' | 'Sum' | 'p99'
  beyond: 'above' | 'below'
  bound: number
  minutes: number
  /** Silence is a failure too: whoever reports this always reports. */
  isSilenceBad: boolean
  /** What is wrong, and what to look at. */
  meaning: string
}

type Bound = Pick<AlarmRule, 'statistic' | 'bound' | 'minutes' | 'meaning'> &
  Partial<Pick<AlarmRule, 'beyond' | 'isSilenceBad'>>

const applicationBounds: Readonly<Record<WatchedMetric, Bound>> = {
  holdfast_rpc_seconds: { statistic: 'p99', bound: 1, minutes: 5, meaning: 'Calls are slow' },
  holdfast_turn_seconds: { statistic: 'p99', bound: 2, minutes: 5, meaning: 'Turns of actors are slow' },
  holdfast_turn_failures_total: { statistic: 'Sum', bound: 50, minutes: 5, meaning: 'Turns fail and are repeated' },
  holdfast_messages_oldest_seconds: {
    statistic: 'Maximum',
    bound: 60,
    minutes: 3,
    isSilenceBad: true,
    meaning: 'Messages wait: workers are too few, stuck or gone',
  },
  holdfast_messages_due: { statistic: 'Maximum', bound: 5_000, minutes: 5, meaning: 'The mailbox grows' },
  holdfast_dead_letters: { statistic: 'Maximum', bound: 0, minutes: 1, meaning: 'Dead letters wait for staff' },
  holdfast_sweep_age_seconds: {
    statistic: 'Maximum',
    bound: 30,
    minutes: 3,
    isSilenceBad: true,
    meaning: 'Nobody sweeps for messages whose wake-up was lost',
  },
  holdfast_queue_full: {
    statistic: 'Maximum',
    bound: 0,
    minutes: 3,
    meaning: 'The queue rejects wake-ups: its memory is full',
  },
  holdfast_queue_progress_seconds: { statistic: 'Maximum', bound: 120, minutes: 3, meaning: 'A queue consumer stalls' },
  holdfast_queue_consumers_reopened_total: {
    statistic: 'Sum',
    bound: 3,
    minutes: 5,
    meaning: 'Queue consumers stall again and again',
  },
  holdfast_oldest_transaction_seconds: {
    statistic: 'Maximum',
    bound: 60,
    minutes: 5,
    meaning: 'A transaction stays open, and vacuum waits for it',
  },
  holdfast_breaker_open: { statistic: 'Maximum', bound: 0, minutes: 5, meaning: 'An external service fails' },
  holdfast_reconciliation_differences: {
    statistic: 'Maximum',
    bound: 0,
    minutes: 1,
    meaning: "The ledger differs from the payment provider's books",
  },
  holdfast_shed_total: {
    statistic: 'Sum',
    bound: 100,
    minutes: 5,
    meaning: 'Calls are shed: the shop is too small for its load',
  },
  holdfast_pool_waiting: {
    statistic: 'Maximum',
    bound: 20,
    minutes: 5,
    meaning: 'Calls wait for connections to Postgres',
  },
}

function databaseBounds(maxConnections: number): Record<string, Bound> {
  return {
    CPUUtilization: {
      statistic: 'Average',
      bound: 80,
      minutes: 10,
      isSilenceBad: true,
      meaning: 'Postgres is too small',
    },
    DatabaseConnections: {
      statistic: 'Maximum',
      bound: Math.round(maxConnections * 0.85),
      minutes: 3,
      meaning: 'Connections run out',
    },
    FreeableMemory: {
      statistic: 'Minimum',
      beyond: 'below',
      bound: 256 * 1024 ** 2,
      minutes: 10,
      meaning: 'Memory of Postgres runs out',
    },
    FreeLocalStorage: {
      statistic: 'Minimum',
      beyond: 'below',
      bound: 2 * 1024 ** 3,
      minutes: 10,
      meaning: 'Storage for temporary files of Postgres runs out',
    },
    AuroraReplicaLagMaximum: {
      statistic: 'Maximum',
      bound: 2_000,
      minutes: 5,
      meaning: 'A reader lags: a failover would take longer',
    },
    MaximumUsedTransactionIDs: {
      statistic: 'Maximum',
      bound: 1_000_000_000,
      minutes: 60,
      meaning: 'Vacuum does not keep up with transaction ids',
    },
  }
}

const redisBounds: Readonly<Record<RedisGroup, Readonly<Record<string, Bound>>>> = {
  queue: {
    EngineCPUUtilization: { statistic: 'Average', bound: 80, minutes: 10, meaning: 'The queue is too small' },
    DatabaseMemoryUsagePercentage: {
      statistic: 'Maximum',
      bound: 70,
      minutes: 5,
      isSilenceBad: true,
      meaning: 'Memory of the queue runs out: with noeviction it will reject wake-ups',
    },
    Evictions: {
      statistic: 'Sum',
      bound: 0,
      minutes: 5,
      meaning: 'The queue evicts wake-ups: noeviction is not in force',
    },
    ReplicationLag: { statistic: 'Maximum', bound: 5, minutes: 5, meaning: 'A replica of the queue lags' },
  },
  cache: {
    EngineCPUUtilization: { statistic: 'Average', bound: 80, minutes: 10, meaning: 'The cache is too small' },
    ReplicationLag: { statistic: 'Maximum', bound: 5, minutes: 5, meaning: 'A replica of the cache lags' },
  },
}

const inboxBounds: Readonly<Record<'inbox' | 'inboxDead', Readonly<Record<string, Bound>>>> = {
  inbox: {
    ApproximateAgeOfOldestMessage: {
      statistic: 'Maximum',
      bound: 600,
      minutes: 5,
      meaning: 'Nobody reads what outside systems send',
    },
  },
  inboxDead: {
    ApproximateNumberOfMessagesVisible: {
      statistic: 'Maximum',
      bound: 0,
      minutes: 1,
      meaning: 'Messages of outside systems were not understood',
    },
  },
}

/** All alarms of a shop on metrics. */
export function alarmRules({ name, size }: Settings): AlarmRule[] {
  const queues = queueNames(name)
  const rules = (
    prefix: string,
    namespace: string,
    dimensions: Record<string, string>,
    bounds: Readonly<Record<string, Bound>>,
  ): AlarmRule[] =>
    Object.entries(bounds).map(([metric, bound]) => ({
      beyond: 'above',
      isSilenceBad: false,
      ...bound,
      id: `${prefix}-${metric.replace(/^holdfast_/, '').replaceAll('_', '-')}`,
      namespace,
      metric,
      dimensions,
    }))
  return [
    ...rules('shop', metricNamespace, {}, applicationBounds),
    ...rules(
      'database',
      'AWS/RDS',
      { DBClusterIdentifier: databaseIdentifier(name) },
      databaseBounds(sizes[size].database.maxConnections),
    ),
    ...(['queue', 'cache'] as const).flatMap((group) =>
      redisNodes(name, group, sizes[size]).flatMap((node, index) =>
        rules(`${group}-${index + 1}`, 'AWS/ElastiCache', { CacheClusterId: node }, redisBounds[group]),
      ),
    ),
    ...rules('inbox', 'AWS/SQS', { QueueName: queues.inbox }, inboxBounds.inbox),
    ...rules('inbox-dead', 'AWS/SQS', { QueueName: queues.inboxDead }, inboxBounds.inboxDead),
    ...rules(
      'orders',
      'AWS/SNS',
      { TopicName: orderTopicName(name) },
      {
        NumberOfNotificationsFailed: {
          statistic: 'Sum',
          bound: 0,
          minutes: 5,
          meaning: 'Events of orders do not arrive',
        },
      },
    ),
  ]
}
