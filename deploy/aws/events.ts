import { Match, Rule, type EventPattern } from 'aws-cdk-lib/aws-events'
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { databaseIdentifier } from './database.ts'
import type { ShopStack } from './shop-stack.ts'

/** Events that reach the alarm topic, recoveries included: a failure that ended is news too. */
export function createEventRules(stack: ShopStack, topic: ITopic): void {
  const { account, region, name } = stack.settings
  const patterns: Record<string, { description: string; eventPattern: EventPattern }> = {
    'environment-health': {
      description: 'Health of an environment changed',
      eventPattern: {
        source: ['aws.elasticbeanstalk'],
        detailType: ['Health status change'],
        detail: { ApplicationName: [name] },
      },
    },
    'environment-status': {
      description: 'An environment or a managed update failed, or warns',
      eventPattern: {
        source: ['aws.elasticbeanstalk'],
        detailType: [
          'Elastic Beanstalk resource status change',
          'Managed update status change',
          'Other resource status change',
        ],
        detail: { ApplicationName: [name], Severity: ['WARN', 'ERROR', 'FATAL'] },
      },
    },
    'database-events': {
      description: 'Failover, failure or maintenance of Aurora',
      eventPattern: {
        source: ['aws.rds'],
        detailType: ['RDS DB Cluster Event'],
        resources: [`arn:aws:rds:${region}:${account}:cluster:${databaseIdentifier(name)}`],
        detail: { EventCategories: Match.anyOf('failover', 'failure', 'global-failover', 'maintenance') },
      },
    },
    'aws-health': {
      description: 'AWS announces trouble or work on services that the shop uses',
      eventPattern: {
        source: ['aws.health'],
        detail: { service: ['EC2', 'ELASTICBEANSTALK', 'ELASTICACHE', 'ELASTICLOADBALANCING', 'RDS', 'SQS'] },
      },
    },
  }
  for (const [id, { description, eventPattern }] of Object.entries(patterns))
    new Rule(stack, id, { ruleName: stack.nameOf(id), description, eventPattern, targets: [new SnsTopic(topic)] })
}
