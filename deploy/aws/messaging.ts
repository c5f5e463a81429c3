import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs'
import type { ShopStack } from './shop-stack.ts'

export interface Messaging {
  /** What outside systems tell the shop: counts of stock, fulfilments. The daemon of the worker tier reads it. */
  inbox: Queue
  inboxDead: Queue
  /** What the shop tells outside systems: events of orders. */
  orderTopic: Topic
}

export const queueNames = (shopName: string) => ({ inbox: `${shopName}-inbox`, inboxDead: `${shopName}-inbox-dead` })
export const orderTopicName = (shopName: string): string => `${shopName}-orders`

/** Encrypted, reached by TLS alone. A message that is not understood five times waits two weeks for staff. */
export function createMessaging(stack: ShopStack, key: IKey): Messaging {
  const names = queueNames(stack.settings.name)
  const protection: QueueProps = {
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    dataKeyReuse: Duration.minutes(15),
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    removalPolicy: RemovalPolicy.RETAIN,
  }
  const inboxDead = new Queue(stack, 'InboxDead', { ...protection, queueName: names.inboxDead })
  const inbox = new Queue(stack, 'Inbox', {
    ...protection,
    queueName: names.inbox,
    visibilityTimeout: Duration.minutes(2),
    deadLetterQueue: { queue: inboxDead, maxReceiveCount: 5 },
  })
  const orderTopic = new Topic(stack, 'OrderTopic', {
    topicName: orderTopicName(stack.settings.name),
    displayName: 'Events of orders',
    masterKey: key,
    enforceSSL: true,
  })
  return { inbox, inboxDead, orderTopic }
}
