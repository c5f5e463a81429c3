import type { IKey } from 'aws-cdk-lib/aws-kms'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { ShopStack } from './shop-stack.ts'

export const alarmTopicName = (shopName: string): string => `${shopName}-alarms`

/** Where alarms and events go. The address confirms its subscription by a link once, and gets nothing before. */
export function createAlarmTopic(stack: ShopStack, key: IKey): Topic {
  const { account, alarmEmail, name } = stack.settings
  const topic = new Topic(stack, 'AlarmTopic', {
    topicName: alarmTopicName(name),
    displayName: `Alarms of ${name}`,
    masterKey: key,
    enforceSSL: true,
  })
  topic.addSubscription(new EmailSubscription(alarmEmail))
  // EventBridge is admitted by its rules (events.ts).
  const publishers = ['cloudwatch', 'budgets'].map(
    (service) =>
      new ServicePrincipal(`${service}.amazonaws.com`, {
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
  )
  for (const publisher of publishers) topic.grantPublish(publisher)
  return topic
}
