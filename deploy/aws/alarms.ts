import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { alarmRules, type AlarmRule } from './alarm-rules.ts'
import type { ShopStack } from './shop-stack.ts'

export const metricOf = ({ namespace, metric, dimensions, statistic }: AlarmRule): Metric =>
  new Metric({
    namespace,
    metricName: metric,
    dimensionsMap: { ...dimensions },
    statistic,
    period: Duration.minutes(1),
  })

/** An alarm for each rule. It reports to the topic when it sounds and when it ends. */
export function createAlarms(stack: ShopStack, topic: ITopic): void {
  const action = new SnsAction(topic)
  for (const rule of alarmRules(stack.settings)) {
    // A sum is bounded over the whole time, anything else in each of its minutes.
    const isSum = rule.statistic === 'Sum'
    const alarm = new Alarm(stack, `${rule.id}-alarm`, {
      alarmName: stack.nameOf(rule.id),
      alarmDescription: `${rule.meaning}. deploy/RUNBOOK.md`,
      metric: isSum ? metricOf(rule).with({ period: Duration.minutes(rule.minutes) }) : metricOf(rule),
      evaluationPeriods: isSum ? 1 : rule.minutes,
      threshold: rule.bound,
      comparisonOperator:
        rule.beyond === 'above' ? ComparisonOperator.GREATER_THAN_THRESHOLD : ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: rule.isSilenceBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    })
    alarm.addAlarmAction(action)
    alarm.addOkAction(action)
  }
}
