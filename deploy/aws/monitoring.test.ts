import { describe, expect, test } from 'vitest'
import { metrics } from '../../src/telemetry/metrics.ts'
import { alarmRules } from './alarm-rules.ts'
import { metricNamespace, shownMetrics, watchedMetrics } from './application-metrics.ts'
import { listOf, resourcesOf, sampleSettings, templatesOf, type Properties } from './sample.fixture.ts'
import { sizeNames } from './sizes.ts'

const settings = sampleSettings()
const { monitoring, data } = templatesOf(settings)
const topicId = Object.keys(monitoring.findResources('AWS::SNS::Topic'))[0]
const text = (value: unknown): string => JSON.stringify(value)
const policyOfTopic = (): Properties[] =>
  resourcesOf(monitoring, 'AWS::SNS::TopicPolicy').flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement)

/** Metrics that the services publish (their documentation), as far as the shop reads them. */
const published: Readonly<Record<string, readonly string[]>> = {
  'AWS/RDS': [
    'AuroraReplicaLagMaximum',
    'CPUUtilization',
    'DatabaseConnections',
    'FreeLocalStorage',
    'FreeableMemory',
    'MaximumUsedTransactionIDs',
  ],
  'AWS/ElastiCache': ['DatabaseMemoryUsagePercentage', 'EngineCPUUtilization', 'Evictions', 'ReplicationLag'],
  'AWS/SQS': ['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesVisible'],
  'AWS/SNS': ['NumberOfNotificationsFailed'],
  [metricNamespace]: Object.values(metrics).map((metric) => (metric as unknown as { name: string }).name),
}

describe('Alarms', () => {
  test.each([...watchedMetrics])('%s has an alarm', (metric) => {
    expect(resourcesOf(monitoring, 'AWS::CloudWatch::Alarm').map(([, { MetricName }]) => MetricName)).toContain(metric)
  })

  test('Every alarm watches a metric that exists', () => {
    for (const [id, { Namespace, MetricName }] of resourcesOf(monitoring, 'AWS::CloudWatch::Alarm'))
      expect(published[Namespace], id).toContain(MetricName)
  })

  test('Every alarm reports to the topic when it sounds and when it ends, and says what is wrong', () => {
    const alarms = resourcesOf(monitoring, 'AWS::CloudWatch::Alarm')
    expect(alarms).toHaveLength(alarmRules(settings).length)
    for (const [, alarm] of alarms) {
      expect(alarm.AlarmActions).toEqual([{ Ref: topicId }])
      expect(alarm.OKActions).toEqual([{ Ref: topicId }])
      expect(alarm.AlarmDescription).toMatch(/^[A-Z].+/)
    }
  })

  test.each(sizeNames)('Alarms of size %s have unique names', (size) => {
    const ids = alarmRules(sampleSettings({ size })).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('Silence of workers and of Postgres sounds an alarm', () => {
    for (const metric of ['holdfast_sweep_age_seconds', 'holdfast_messages_oldest_seconds', 'CPUUtilization'])
      monitoring.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: metric, TreatMissingData: 'breaching' })
  })
})

describe('The alarm topic', () => {
  test('The configured address is subscribed to it', () => {
    monitoring.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: settings.alarmEmail })
  })

  test('It is encrypted, and CloudWatch, EventBridge and Budgets may publish to it', () => {
    const allowed = policyOfTopic()
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Principal }) => listOf(Principal.Service))
    expect(new Set(allowed)).toEqual(
      new Set(['cloudwatch.amazonaws.com', 'events.amazonaws.com', 'budgets.amazonaws.com']),
    )
    expect(resourcesOf(monitoring, 'AWS::SNS::Topic')[0]?.[1].KmsMasterKeyId).toBeDefined()
  })

  test('Whoever publishes to it may use the key that encrypts it', () => {
    const [[, key] = []] = resourcesOf(data, 'AWS::KMS::Key')
    const users = key.KeyPolicy.Statement.filter(({ Action }: Properties) => Action.includes('kms:GenerateDataKey'))
    for (const service of ['cloudwatch', 'events', 'budgets']) expect(text(users)).toContain(`${service}.amazonaws.com`)
    // EventBridge sends no source account with calls for encrypted topics.
    const [events] = users.filter(({ Principal }: Properties) => text(Principal).includes('events.'))
    expect(events).not.toHaveProperty('Condition')
  })
})

describe('Events', () => {
  test.each(['Health status change', 'Elastic Beanstalk resource status change', 'Managed update status change'])(
    '%s of the application reaches the topic',
    (detailType) => {
      const rules = resourcesOf(monitoring, 'AWS::Events::Rule').filter(([, { EventPattern }]) =>
        EventPattern['detail-type']?.includes(detailType),
      )
      expect(rules).toHaveLength(1)
      for (const [, rule] of rules) {
        expect(rule.EventPattern.detail.ApplicationName).toEqual(['holdfast'])
        expect(rule.State).toBe('ENABLED')
      }
    },
  )

  test('All rules send to the topic', () => {
    const rules = resourcesOf(monitoring, 'AWS::Events::Rule')
    expect(rules).toHaveLength(4)
    for (const [, { Targets }] of rules) expect(Targets.map(({ Arn }: Properties) => Arn)).toEqual([{ Ref: topicId }])
  })

  test('Spending beyond the budget reaches the topic', () => {
    const [[, budget] = []] = resourcesOf(monitoring, 'AWS::Budgets::Budget')
    expect(budget.Budget.BudgetLimit.Amount).toBe(settings.budgetUsd)
    for (const { Subscribers } of budget.NotificationsWithSubscribers)
      expect(Subscribers).toEqual([{ SubscriptionType: 'SNS', Address: { Ref: topicId } }])
  })
})

test('The dashboard shows only metrics that exist, and every widget shows some', () => {
  const [[, { DashboardBody: body }] = ['', {}]] = resourcesOf(monitoring, 'AWS::CloudWatch::Dashboard')
  const joined =
    typeof body === 'string'
      ? body
      : body['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : 'x')).join('')
  const { widgets } = JSON.parse(joined) as {
    widgets: { properties: { title: string; metrics: [string, string][] } }[]
  }
  expect(widgets.length).toBeGreaterThan(10)
  const shown = widgets.flatMap(({ properties }) => {
    expect(properties.metrics.length, properties.title).toBeGreaterThan(0)
    return properties.metrics.map(([namespace, name]) => {
      expect(published[namespace], `${properties.title}: ${namespace} ${name}`).toContain(name)
      return name
    })
  })
  expect(shown).toEqual(
    expect.arrayContaining([
      ...watchedMetrics.filter((name) => name !== 'holdfast_queue_consumers_reopened_total'),
      ...shownMetrics,
    ]),
  )
})
