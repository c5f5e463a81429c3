import { RemovalPolicy } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { ShopStack } from './shop-stack.ts'

/** The key of all data of the shop. It outlives its stack: without it backups are noise. */
export function createKey(stack: ShopStack): Key {
  const { account, region } = stack.settings
  const key = new Key(stack, 'Key', {
    alias: stack.settings.name,
    description: `Data of the shop ${stack.settings.name}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })
  // Services that write to encrypted topics, queues and log groups of this account. A key policy names its own key `*`.
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'PublishToEncryptedTopics',
      principals: ['cloudwatch', 'budgets', 'sns'].map((name) => new ServicePrincipal(`${name}.amazonaws.com`)),
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    }),
  )
  // EventBridge sends no source account with calls for encrypted topics: a condition would lock it out.
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'PublishEvents',
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: ['*'],
    }),
  )
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'EncryptLogs',
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKey',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      resources: ['*'],
      conditions: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${region}:${account}:log-group:*` },
      },
    }),
  )
  return key
}
