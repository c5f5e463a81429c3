import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { acknowledge, type ShopStack } from './shop-stack.ts'
import { allow } from './statement.ts'

const managedPolicies = [
  'service-role/AWSElasticBeanstalkEnhancedHealth',
  'AWSElasticBeanstalkManagedUpdatesCustomerRolePolicy',
]

/** The role by which Beanstalk watches health, updates platforms and reports to the alarm topic. */
export function createServiceRole(
  stack: ShopStack,
  { key, alarmTopicArn }: { key: IKey; alarmTopicArn: string },
): Role {
  const { account } = stack.settings
  const role = new Role(stack, 'ServiceRole', {
    description: 'Elastic Beanstalk',
    assumedBy: new ServicePrincipal('elasticbeanstalk.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    }),
    managedPolicies: managedPolicies.map((policy) => ManagedPolicy.fromAwsManagedPolicyName(policy)),
  })
  role.addToPolicy(allow('ReportToAlarmTopic', ['sns:Publish'], [alarmTopicArn]))
  role.addToPolicy(allow('UseKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn]))
  for (const policy of managedPolicies)
    acknowledge(role, {
      [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${policy}]`]:
        'AWS keeps this policy in step with what Beanstalk calls; a copy would break health or updates one day.',
    })
  return role
}
