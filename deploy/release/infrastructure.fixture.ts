import { releaseSettingsSchema } from './release-settings.ts'

/** CloudFormation outputs as a stack of deploy/aws has them. */
export const stackOutputs: Record<string, string> = {
  ApplicationName: 'holdfast',
  LiveCnamePrefix: 'holdfast-shop',
  VpcId: 'vpc-1',
  VpcCidr: '10.20.0.0/16',
  AppSubnetIds: 'subnet-a,subnet-b,subnet-c',
  PublicSubnetIds: 'subnet-d,subnet-e,subnet-f',
  WebSecurityGroupId: 'sg-web',
  WorkerSecurityGroupId: 'sg-worker',
  BalancerSecurityGroupId: 'sg-balancer',
  WebInstanceProfile: 'holdfast-web',
  WorkerInstanceProfile: 'holdfast-worker',
  ServiceRoleArn: 'arn:aws:iam::123456789012:role/holdfast-service',
  DatabaseSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:database-AbCdEf',
  DatabaseEndpoint: 'database.cluster.eu-central-1.rds.amazonaws.com',
  DatabasePort: '5432',
  DatabaseName: 'holdfast',
  QueueRedisEndpoint: 'queue.cache.amazonaws.com',
  CacheRedisEndpoint: 'cache.cache.amazonaws.com',
  RedisAuthSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:redis-AbCdEf',
  ShopSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-AbCdEf',
  ProviderSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:provider-AbCdEf',
  BundleBucket: 'holdfast-bundles',
  AlarmTopicArn: 'arn:aws:sns:eu-central-1:123456789012:alarms',
  WebAclArn: 'arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/holdfast/1',
  CertificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/1',
  InboxQueueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/inbox',
}

export const testSettings = releaseSettingsSchema.parse({
  region: 'eu-central-1',
  account: '123456789012',
  stacks: ['Holdfast'],
  shopUrl: 'https://shop.example.com',
})
