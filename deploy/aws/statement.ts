import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { acknowledge } from './shop-stack.ts'

/** An IAM statement that allows actions, each spelled out, on resources. */
export const allow = (
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Record<string, Record<string, unknown>>,
): PolicyStatement => new PolicyStatement({ sid, actions: [...actions], resources: [...resources], conditions })

/** Gives a role its statements. cdk-nag takes each wildcard by itself: `why` answers for those of these statements. */
export function grant(role: Role, statements: readonly PolicyStatement[], why: string): void {
  for (const statement of statements) {
    role.addToPolicy(statement)
    for (const resource of statement.resources)
      if (resource.includes('*')) acknowledge(role, { [`AwsSolutions-IAM5[Resource::${resource}]`]: why })
  }
}

/**
 * Actions that IAM cannot limit to a resource (Service Authorization Reference). Only statements of these may name all
 * resources; a test holds them to it.
 */
export const unlimitedActions: readonly string[] = [
  // Instances: Session Manager, health reports, metrics of the agent.
  'ssm:UpdateInstanceInformation',
  'ssmmessages:CreateControlChannel',
  'ssmmessages:CreateDataChannel',
  'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel',
  'cloudwatch:PutMetricData',
  // The release command: reading, on behalf of itself and of Beanstalk.
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeAutoScalingInstances',
  'autoscaling:DescribeLaunchConfigurations',
  'autoscaling:DescribeLoadBalancers',
  'autoscaling:DescribeNotificationConfigurations',
  'autoscaling:DescribePolicies',
  'autoscaling:DescribeScalingActivities',
  'autoscaling:DescribeScheduledActions',
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetMetricData',
  'cloudwatch:ListMetrics',
  'ec2:DescribeAccountAttributes',
  'ec2:DescribeAvailabilityZones',
  'ec2:DescribeImages',
  'ec2:DescribeInstanceTypeOfferings',
  'ec2:DescribeInstanceTypes',
  'ec2:DescribeInstances',
  'ec2:DescribeLaunchTemplateVersions',
  'ec2:DescribeLaunchTemplates',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
  'elasticbeanstalk:CheckDNSAvailability',
  'elasticbeanstalk:CreateStorageLocation',
  'elasticbeanstalk:ListPlatformVersions',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeListenerAttributes',
  'elasticloadbalancing:DescribeListenerCertificates',
  'elasticloadbalancing:DescribeLoadBalancerAttributes',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeRules',
  'elasticloadbalancing:DescribeSSLPolicies',
  'elasticloadbalancing:DescribeTags',
  'elasticloadbalancing:DescribeTargetGroupAttributes',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
]
