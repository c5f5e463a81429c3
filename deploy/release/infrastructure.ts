import { z } from 'zod'

const text = z.string().min(1)
const list = text.transform((value) => value.split(',').map((item) => item.trim()))

/**
 * What the stacks of deploy/aws hand to the release command: CloudFormation outputs by name, those of
 * deploy/aws/outputs.ts that it needs. A list is separated by commas.
 */
export const infrastructureSchema = z.object({
  ApplicationName: text,
  LiveCnamePrefix: text,
  VpcId: text,
  VpcCidr: text,
  AppSubnetIds: list,
  PublicSubnetIds: list,
  WebSecurityGroupId: text,
  WorkerSecurityGroupId: text,
  BalancerSecurityGroupId: text,
  WebInstanceProfile: text,
  WorkerInstanceProfile: text,
  ServiceRoleArn: text,
  DatabaseSecretArn: text,
  DatabaseEndpoint: text,
  DatabasePort: text,
  DatabaseName: text,
  QueueRedisEndpoint: text,
  CacheRedisEndpoint: text,
  RedisAuthSecretArn: text,
  ShopSecretArn: text,
  ProviderSecretArn: text,
  BundleBucket: text,
  AlarmTopicArn: text,
  WebAclArn: text,
  CertificateArn: text,
  InboxQueueUrl: text,
})

export type Infrastructure = z.output<typeof infrastructureSchema>
