import type { IVpc } from 'aws-cdk-lib/aws-ec2'
import { CfnParameterGroup, CfnReplicationGroup, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { createLogGroup } from './log-group.ts'
import { subnetGroups } from './network.ts'
import { ports } from './ports.ts'
import type { SecurityGroups } from './security-groups.ts'
import { acknowledge, type ShopStack } from './shop-stack.ts'
import type { Size } from './sizes.ts'

export const redisGroups = {
  queue: {
    description: 'Wake-ups of the queue (REDIS_URL): nothing is evicted, Postgres holds what does not fit',
    policy: 'noeviction',
  },
  cache: { description: 'Cached responses (CACHE_REDIS_URL): rarely used ones are evicted', policy: 'allkeys-lfu' },
} as const
export type RedisGroup = keyof typeof redisGroups

export const redisIdentifier = (shopName: string, group: RedisGroup): string => `${shopName}-${group}`

/** Identifiers of the nodes, by which ElastiCache reports metrics. */
export const redisNodes = (shopName: string, group: RedisGroup, size: Size): string[] =>
  Array.from(
    { length: 1 + size[group].replicas },
    (_, index) => `${redisIdentifier(shopName, group)}-${String(index + 1).padStart(3, '0')}`,
  )

interface RedisOptions {
  vpc: IVpc
  groups: SecurityGroups
  key: IKey
  secret: ISecret
}

/** Valkey by nodes, cluster mode off: BullMQ refuses ElastiCache Serverless. Queue and cache share no memory. */
export function createRedis(
  stack: ShopStack,
  { vpc, groups, key, secret }: RedisOptions,
): Record<RedisGroup, CfnReplicationGroup> {
  const subnets = new CfnSubnetGroup(stack, 'RedisSubnets', {
    description: 'Isolated data subnets',
    cacheSubnetGroupName: stack.nameOf('redis'),
    subnetIds: vpc.selectSubnets({ subnetGroupName: subnetGroups.data }).subnetIds,
  })
  const create = (group: RedisGroup): CfnReplicationGroup => {
    const { description, policy } = redisGroups[group]
    const logs = createLogGroup(stack, `${group}RedisLogs`, { name: `/${stack.settings.name}/redis/${group}`, key })
    const parameters = new CfnParameterGroup(stack, `${group}RedisParameters`, {
      cacheParameterGroupFamily: 'valkey8',
      description: `Holdfast: ${group}`,
      // A quarter of the node's memory stays free for replication: maxmemory is the rest.
      properties: { 'maxmemory-policy': policy, 'reserved-memory-percent': '25' },
    })
    const replicationGroup = new CfnReplicationGroup(stack, `${group}Redis`, {
      replicationGroupId: redisIdentifier(stack.settings.name, group),
      replicationGroupDescription: description,
      engine: 'valkey',
      engineVersion: '8.1',
      cacheNodeType: stack.size[group].nodeType,
      numCacheClusters: 1 + stack.size[group].replicas,
      clusterMode: 'disabled',
      multiAzEnabled: true,
      automaticFailoverEnabled: true,
      atRestEncryptionEnabled: true,
      kmsKeyId: key.keyArn,
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      authToken: secret.secretValueFromJson('authToken').unsafeUnwrap(),
      cacheParameterGroupName: parameters.ref,
      cacheSubnetGroupName: subnets.ref,
      securityGroupIds: [groups.redis.securityGroupId],
      port: ports.redis,
      autoMinorVersionUpgrade: true,
      preferredMaintenanceWindow: group === 'queue' ? 'wed:03:30-wed:04:30' : 'thu:03:30-thu:04:30',
      // No snapshots: Postgres is the only truth, and a lost queue costs a sweep.
      snapshotRetentionLimit: 0,
      logDeliveryConfigurations: [
        {
          logType: 'engine-log',
          logFormat: 'json',
          destinationType: 'cloudwatch-logs',
          destinationDetails: { cloudWatchLogsDetails: { logGroup: logs.logGroupName } },
        },
      ],
    })
    acknowledge(replicationGroup, {
      'AwsSolutions-AEC5':
        'Another port hides nothing: Redis has no route from the internet, and its security group admits instances of the shop only.',
    })
    return replicationGroup
  }
  return { queue: create('queue'), cache: create('cache') }
}
