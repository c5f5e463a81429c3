import type { App } from 'aws-cdk-lib'
import { createAlarms } from './alarms.ts'
import { createBudget } from './budget.ts'
import { createDashboard } from './dashboard.ts'
import type { DataStack } from './data-stack.ts'
import { createEventRules } from './events.ts'
import type { Settings } from './settings.ts'
import { ShopStack } from './shop-stack.ts'
import { createAlarmTopic } from './topic.ts'

/** Who is told what: the alarm topic, alarms, events, budget and dashboard. It can be rebuilt at any time. */
export class MonitoringStack extends ShopStack {
  constructor(app: App, settings: Settings, { key }: DataStack) {
    super(app, 'monitoring', settings, 'Holdfast: alarms, events, budget, dashboard')
    const topic = createAlarmTopic(this, key)
    createAlarms(this, topic)
    createEventRules(this, topic)
    createBudget(this, topic)
    createDashboard(this)
    this.writeOutputs({ AlarmTopicArn: topic.topicArn })
  }
}
