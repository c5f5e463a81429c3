import { Duration } from 'aws-cdk-lib'
import { Dashboard, GraphWidget, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { alarmRules, type AlarmRule } from './alarm-rules.ts'
import { metricOf } from './alarms.ts'
import { metricNamespace, shownMetrics } from './application-metrics.ts'
import type { ShopStack } from './shop-stack.ts'

/** Rows of the dashboard: buyers first, then the parts they depend on. */
const rows: readonly (readonly { title: string; holds(rule: AlarmRule): boolean }[])[] = [
  [
    { title: 'Duration, p99 (s)', holds: ({ metric }) => /^holdfast_(rpc|turn)_seconds$/.test(metric) },
    { title: 'Failures and shed calls', holds: ({ metric }) => /^holdfast_(turn_failures|shed)_total$/.test(metric) },
    { title: 'External services, books', holds: ({ metric }) => /^holdfast_(breaker|reconciliation)/.test(metric) },
  ],
  [
    { title: 'Messages', holds: ({ metric }) => /^holdfast_(messages_due|dead_letters|queue_full)/.test(metric) },
    { title: 'Ages (s)', holds: ({ metric }) => /^holdfast_.*(oldest|age|progress)/.test(metric) },
    { title: 'Inbox and order events', holds: ({ namespace }) => /^AWS\/S[QN]S$/.test(namespace) },
  ],
  [
    { title: 'Postgres, CPU (%)', holds: ({ namespace, metric }) => namespace === 'AWS/RDS' && /CPU/.test(metric) },
    {
      title: 'Postgres, connections',
      holds: ({ metric }) => /^(DatabaseConnections|holdfast_pool_waiting)$/.test(metric),
    },
    { title: 'Postgres, memory and storage (B)', holds: ({ metric }) => metric.startsWith('Free') },
  ],
  [
    { title: 'Redis, CPU (%)', holds: ({ metric }) => metric === 'EngineCPUUtilization' },
    { title: 'Redis, memory of the queue (%)', holds: ({ metric }) => metric === 'DatabaseMemoryUsagePercentage' },
    { title: 'Redis, lag (s) and evictions', holds: ({ metric }) => /^(ReplicationLag|Evictions)$/.test(metric) },
  ],
]

/** One page for whoever is woken: what alarms watch, and little else. */
export function createDashboard(stack: ShopStack): void {
  const rules = alarmRules(stack.settings)
  const size = { width: 8, height: 6 }
  const dashboard = new Dashboard(stack, 'Dashboard', {
    dashboardName: stack.settings.name,
    defaultInterval: Duration.hours(6),
  })
  for (const row of rows)
    dashboard.addWidgets(
      ...row.map(({ title, holds }) => new GraphWidget({ title, ...size, left: rules.filter(holds).map(metricOf) })),
    )
  dashboard.addWidgets(
    ...shownMetrics.map(
      (metricName) =>
        new GraphWidget({
          title: metricName,
          ...size,
          left: [
            new Metric({
              namespace: metricNamespace,
              metricName,
              statistic: metricName.endsWith('_total') ? 'Sum' : 'Maximum',
              period: Duration.minutes(1),
            }),
          ],
        }),
    ),
  )
}
