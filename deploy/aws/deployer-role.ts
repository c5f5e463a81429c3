import { Duration } from 'aws-cdk-lib'
import { AccountPrincipal, Role, type IRole, type PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { DataStack } from './data-stack.ts'
import { queueNames } from './messaging.ts'
import type { ShopStack } from './shop-stack.ts'
import { allow, grant, unlimitedActions } from './statement.ts'
import { bundleBucketArn } from './storage.ts'

const resourceActions = {
  environment: [
    'AbortEnvironmentUpdate',
    'AddTags',
    'CreateEnvironment',
    'DescribeConfigurationOptions',
    'DescribeConfigurationSettings',
    'DescribeEnvironmentHealth',
    'DescribeEnvironmentResources',
    'DescribeEnvironments',
    'DescribeEvents',
    'DescribeInstancesHealth',
    'ListTagsForResource',
    'SwapEnvironmentCNAMEs',
    'TerminateEnvironment',
    'UpdateEnvironment',
    'ValidateConfigurationSettings',
  ],
  version: ['CreateApplicationVersion', 'DeleteApplicationVersion', 'DescribeApplicationVersions'],
} as const

/**
 * The role of the release command (deploy/release). It may pass the three roles of the shop and no other, so that a stolen
 * deployer cannot give instances more than they have.
 */
export function createDeployerRole(
  stack: ShopStack,
  {
    data,
    passable,
    webAclArn,
  }: { data: DataStack; passable: { instances: IRole[]; service: IRole }; webAclArn: string },
): Role {
  const { account, region, name } = stack.settings
  const arn = (service: string, resource: string): string => `arn:aws:${service}:${region}:${account}:${resource}`
  const role = new Role(stack, 'DeployerRole', {
    roleName: stack.nameOf('deployer'),
    description: 'Release command: blue-green deploys',
    // Whoever in this account may assume it by a policy of their own.
    assumedBy: new AccountPrincipal(account),
    maxSessionDuration: Duration.hours(4),
  })
  const beanstalk = (actions: readonly string[]): string[] => actions.map((action) => `elasticbeanstalk:${action}`)
  const bucket = bundleBucketArn(stack.settings)
  const beanstalkBucket = `arn:aws:s3:::elasticbeanstalk-${region}-${account}`
  const statements = [
    allow('Environments', beanstalk(resourceActions.environment), [
      arn('elasticbeanstalk', `application/${name}`),
      arn('elasticbeanstalk', `applicationversion/${name}/*`),
      arn('elasticbeanstalk', `environment/${name}/*`),
      arn('elasticbeanstalk', `configurationtemplate/${name}/*`),
      `arn:aws:elasticbeanstalk:${region}::platform/*`,
      `arn:aws:elasticbeanstalk:${region}::solutionstack/*`,
    ]),
    allow('Versions', beanstalk(resourceActions.version), [
      arn('elasticbeanstalk', `application/${name}`),
      arn('elasticbeanstalk', `applicationversion/${name}/*`),
    ]),
    allow(
      'Read',
      unlimitedActions.filter((action) => /:(Describe|List|Get|Check|CreateStorageLocation)/.test(action)),
      ['*'],
    ),
    allow('Bundles', ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'], [`${bucket}/*`, `${beanstalkBucket}/*`]),
    allow('Buckets', ['s3:GetBucketLocation', 's3:ListBucket'], [bucket, beanstalkBucket]),
    allow('UseKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [data.key.keyArn]),
    allow(
      'PassInstanceRoles',
      ['iam:PassRole'],
      passable.instances.map(({ roleArn }) => roleArn),
      {
        StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' },
      },
    ),
    allow('PassServiceRole', ['iam:PassRole'], [passable.service.roleArn], {
      StringEquals: { 'iam:PassedToService': 'elasticbeanstalk.amazonaws.com' },
    }),
    allow('Outputs', ['cloudformation:DescribeStacks'], [arn('cloudformation', `stack/${name}-*/*`)]),
    // Migrations run as the owner of the schema.
    allow('ReadOwnerSecret', ['secretsmanager:GetSecretValue'], [data.database.ownerSecret.secretArn]),
    allow(
      'Waf',
      ['wafv2:AssociateWebACL', 'wafv2:GetWebACL', 'wafv2:GetWebACLForResource'],
      [webAclArn, arn('elasticloadbalancing', 'loadbalancer/app/awseb-*')],
    ),
    ...onBehalfOfBeanstalk(name, arn),
  ]
  grant(
    role,
    statements,
    'Beanstalk names what it creates (awseb-*); environments and objects have names of their own; the other actions only read, and have no resources in IAM.',
  )
  return role
}

/** Beanstalk creates an environment with the rights of its caller: a CloudFormation stack of names beginning with awseb. */
function onBehalfOfBeanstalk(name: string, arn: (service: string, resource: string) => string): PolicyStatement[] {
  return [
    allow(
      'EnvironmentStacks',
      [
        'CancelUpdateStack',
        'CreateStack',
        'DeleteStack',
        'DescribeStackEvents',
        'DescribeStackResource',
        'DescribeStackResources',
        'DescribeStacks',
        'GetTemplate',
        'ListStackResources',
        'TagResource',
        'UpdateStack',
      ].map((action) => `cloudformation:${action}`),
      [arn('cloudformation', 'stack/awseb-*/*')],
    ),
    allow(
      'EnvironmentGroups',
      [
        'AttachLoadBalancerTargetGroups',
        'CreateAutoScalingGroup',
        'CreateOrUpdateTags',
        'DeleteAutoScalingGroup',
        'DeletePolicy',
        'DetachLoadBalancerTargetGroups',
        'PutNotificationConfiguration',
        'PutScalingPolicy',
        'ResumeProcesses',
        'SetDesiredCapacity',
        'SuspendProcesses',
        'TerminateInstanceInAutoScalingGroup',
        'UpdateAutoScalingGroup',
      ].map((action) => `autoscaling:${action}`),
      [arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/awseb-*')],
    ),
    allow(
      'EnvironmentBalancers',
      [
        'AddTags',
        'CreateListener',
        'CreateLoadBalancer',
        'CreateRule',
        'CreateTargetGroup',
        'DeleteListener',
        'DeleteLoadBalancer',
        'DeleteRule',
        'DeleteTargetGroup',
        'DeregisterTargets',
        'ModifyListener',
        'ModifyLoadBalancerAttributes',
        'ModifyRule',
        'ModifyTargetGroup',
        'ModifyTargetGroupAttributes',
        'RegisterTargets',
        'SetSecurityGroups',
        'SetSubnets',
        'SetWebACL',
      ].map((action) => `elasticloadbalancing:${action}`),
      [
        arn('elasticloadbalancing', 'loadbalancer/app/awseb-*'),
        arn('elasticloadbalancing', 'listener/app/awseb-*'),
        arn('elasticloadbalancing', 'listener-rule/app/awseb-*'),
        arn('elasticloadbalancing', 'targetgroup/awseb-*'),
      ],
    ),
    allow(
      'EnvironmentAlarms',
      ['cloudwatch:DeleteAlarms', 'cloudwatch:PutMetricAlarm', 'cloudwatch:TagResource'],
      [arn('cloudwatch', 'alarm:awseb-*')],
    ),
    allow(
      'EnvironmentLogs',
      ['logs:CreateLogGroup', 'logs:DescribeLogGroups', 'logs:PutRetentionPolicy', 'logs:TagResource'],
      [arn('logs', 'log-group:/aws/elasticbeanstalk/*')],
    ),
    allow('EnvironmentQueues', ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'], [arn('sqs', queueNames(name).inbox)]),
    // Groups and templates get ids, not names: those of Beanstalk carry its tag.
    allow(
      'EnvironmentTemplates',
      [
        'ec2:CreateLaunchTemplateVersion',
        'ec2:DeleteLaunchTemplate',
        'ec2:DeleteSecurityGroup',
        'ec2:AuthorizeSecurityGroupEgress',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:RevokeSecurityGroupEgress',
        'ec2:RevokeSecurityGroupIngress',
      ],
      [arn('ec2', 'launch-template/*'), arn('ec2', 'security-group/*')],
      { StringLike: { 'aws:ResourceTag/elasticbeanstalk:environment-name': '*' } },
    ),
    allow(
      'CreateInVpc',
      ['ec2:CreateLaunchTemplate', 'ec2:CreateSecurityGroup'],
      [arn('ec2', 'launch-template/*'), arn('ec2', 'security-group/*'), arn('ec2', 'vpc/*')],
    ),
    allow(
      'TagOnCreation',
      ['ec2:CreateTags'],
      [
        arn('ec2', 'launch-template/*'),
        arn('ec2', 'security-group/*'),
        arn('ec2', 'instance/*'),
        arn('ec2', 'volume/*'),
      ],
      {
        StringEquals: { 'ec2:CreateAction': ['CreateLaunchTemplate', 'CreateSecurityGroup', 'RunInstances'] },
      },
    ),
    allow(
      'RunInstances',
      ['ec2:RunInstances'],
      [
        arn('ec2', 'instance/*'),
        arn('ec2', 'launch-template/*'),
        arn('ec2', 'network-interface/*'),
        arn('ec2', 'security-group/*'),
        arn('ec2', 'subnet/*'),
        arn('ec2', 'volume/*'),
        arn('ec2', 'image/*').replace(/:\d{12}:/, '::'),
      ],
    ),
  ]
}
