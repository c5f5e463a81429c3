import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { acknowledge, type ShopStack } from './shop-stack.ts'
import { allow } from './statement.ts'

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
    managedPolicies: [
      ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSElasticBeanstalkEnhancedHealth'),
      ManagedPolicy.fromAwsManagedPolicyName('AWSElasticBeanstalkManagedUpdatesCustomerRolePolicy'),
    ],
  })
  role.addToPolicy(allow('ReportToAlarmTopic', ['sns:Publish'], [alarmTopicArn]))
  role.addToPolicy(allow('UseKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn]))
  acknowledge(role, {
    'AwsSolutions-IAM4':
      'AWS keeps these two policies in step with what Beanstalk calls; a copy would break managed updates one day.',
  })
  return role
}
