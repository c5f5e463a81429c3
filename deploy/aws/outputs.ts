/**
 * CloudFormation outputs that the release command reads, each with the stack that writes it. The stacks must write every
 * name of this list, and no other (outputs.test.ts).
 */
export const outputs = {
  /** Name of the Beanstalk application. */
  ApplicationName: 'application',
  /** Prefix of the address that serves live traffic, `<prefix>.<region>.elasticbeanstalk.com`; it is swapped. */
  LiveCnamePrefix: 'application',
  VpcId: 'network',
  /** CIDR block of the VPC, for TRUST_PROXY: the balancer has an address in it. */
  VpcCidr: 'network',
  /** Comma-separated; instances. */
  AppSubnetIds: 'network',
  /** Comma-separated; balancers. */
  PublicSubnetIds: 'network',
  BalancerSecurityGroupId: 'network',
  WebSecurityGroupId: 'network',
  WorkerSecurityGroupId: 'network',
  /** Private DNS namespace of Cloud Map. */
  ServiceNamespaceId: 'network',
  KmsKeyArn: 'data',
  /** Credentials of the program: JSON of `username`, `password`, `host`, `port`, `dbname` (secrets.ts). */
  DatabaseSecretArn: 'data',
  /** Credentials of the owner of the schema, for migrations and administration alone; the same JSON. */
  DatabaseOwnerSecretArn: 'data',
  /** Host name of the writer, without port. */
  DatabaseEndpoint: 'data',
  DatabasePort: 'data',
  DatabaseName: 'data',
  /** Host name of the primary of the queue's Redis, port 6379, TLS. */
  QueueRedisEndpoint: 'data',
  /** Host name of the primary of the cache's Redis, port 6379, TLS. */
  CacheRedisEndpoint: 'data',
  /** Password of both: JSON of `authToken`. */
  RedisAuthSecretArn: 'data',
  /** JSON of SECRET_KEY, generated. */
  ShopSecretArn: 'data',
  /** JSON of settings that the owner fills in: payment and SMTP (secrets.ts). */
  ProviderSecretArn: 'data',
  BundleBucket: 'data',
  MediaBucket: 'data',
  WebInstanceProfile: 'application',
  WorkerInstanceProfile: 'application',
  ServiceRoleArn: 'application',
  DeployerRoleArn: 'application',
  OrderTopicArn: 'application',
  InboxQueueUrl: 'application',
  WebAclArn: 'application',
  /** Absent without a domain. */
  CertificateArn: 'application',
  /** Log group of the program's own log. */
  LogGroup: 'application',
  AlarmTopicArn: 'monitoring',
} as const satisfies Record<string, StackName>

export type StackName = 'network' | 'data' | 'application' | 'monitoring'
export type OutputName = keyof typeof outputs

/** Outputs of a stack that a shop without a domain lacks. */
export const optionalOutputs: readonly OutputName[] = ['CertificateArn']

/** Name of a stack in CloudFormation, such as `holdfast-data`. */
export const stackName = (shopName: string, stack: StackName): string => `${shopName}-${stack}`
