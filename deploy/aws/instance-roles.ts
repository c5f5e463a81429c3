import { CfnInstanceProfile, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { metricNamespace } from './application-metrics.ts'
import type { DataStack } from './data-stack.ts'
import type { Messaging } from './messaging.ts'
import type { ShopStack } from './shop-stack.ts'
import { allow, grant } from './statement.ts'
import { bundleBucketArn } from './storage.ts'

export interface InstanceRoles {
  web: Role
  worker: Role
  webProfile: CfnInstanceProfile
  workerProfile: CfnInstanceProfile
}

/** Roles of the instances. Web and worker run the same program; the worker alone reads the inbox. */
export function createInstanceRoles(
  stack: ShopStack,
  { data, messaging }: { data: DataStack; messaging: Messaging },
): InstanceRoles {
  const { account, region, name } = stack.settings
  const beanstalkBucket = `arn:aws:s3:::elasticbeanstalk-${region}-${account}`
  const create = (id: string, description: string): Role => {
    const role = new Role(stack, `${id}Role`, { assumedBy: new ServicePrincipal('ec2.amazonaws.com'), description })
    const statements = [
      allow(
        'ReadSecrets',
        ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
        [
          data.database.programSecret.secretArn,
          data.secrets.redis.secretArn,
          data.secrets.shop.secretArn,
          data.secrets.provider.secretArn,
        ],
      ),
      allow('UseKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [data.key.keyArn]),
      allow('ReadBundle', ['s3:GetObject'], [`${bundleBucketArn(stack.settings)}/*`, `${beanstalkBucket}/*`]),
      allow('ListBeanstalkBucket', ['s3:ListBucket'], [beanstalkBucket]),
      allow('WriteInstanceLogs', ['s3:PutObject'], [`${beanstalkBucket}/resources/environments/logs/*`]),
      allow(
        'ReportHealth',
        ['elasticbeanstalk:PutInstanceStatistics'],
        [
          `arn:aws:elasticbeanstalk:${region}:${account}:application/${name}`,
          `arn:aws:elasticbeanstalk:${region}:${account}:environment/${name}/*`,
        ],
      ),
      allow(
        'WriteLogs',
        [
          'logs:CreateLogGroup',
          'logs:CreateLogStream',
          'logs:DescribeLogStreams',
          'logs:PutLogEvents',
          'logs:PutRetentionPolicy',
        ],
        [
          `arn:aws:logs:${region}:${account}:log-group:/aws/elasticbeanstalk/${name}-*`,
          `arn:aws:logs:${region}:${account}:log-group:/${name}/shop:*`,
        ],
      ),
      allow('WriteMetrics', ['cloudwatch:PutMetricData'], ['*'], {
        StringEquals: { 'cloudwatch:namespace': [metricNamespace, 'AWS/ElasticBeanstalk'] },
      }),
      allow(
        'SessionManager',
        [
          'ssm:UpdateInstanceInformation',
          'ssmmessages:CreateControlChannel',
          'ssmmessages:CreateDataChannel',
          'ssmmessages:OpenControlChannel',
          'ssmmessages:OpenDataChannel',
        ],
        ['*'],
      ),
      allow('PublishOrderEvents', ['sns:Publish'], [messaging.orderTopic.topicArn]),
    ]
    grant(
      role,
      statements,
      'Objects and log streams have names of their own; PutMetricData (limited to two namespaces) and Session Manager have no resources in IAM.',
    )
    return role
  }
  const web = create('Web', 'Web instances')
  const worker = create('Worker', 'Worker instances')
  worker.addToPolicy(
    allow(
      'ReadInbox',
      [
        'sqs:ChangeMessageVisibility',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
        'sqs:ReceiveMessage',
        // Of the daemon of the worker tier, which puts back what it could not deliver.
        'sqs:SendMessage',
      ],
      [messaging.inbox.queueArn],
    ),
  )
  const profile = (id: string, role: Role): CfnInstanceProfile =>
    new CfnInstanceProfile(stack, `${id}InstanceProfile`, { roles: [role.roleName] })
  return { web, worker, webProfile: profile('Web', web), workerProfile: profile('Worker', worker) }
}
