import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import {
  listOf,
  resourcesOf,
  sampleSettings,
  sampleWithoutDomain,
  statementsOf,
  templatesOf,
  type Properties,
} from './sample.fixture.ts'
import { unlimitedActions } from './statement.ts'

const { application } = templatesOf(sampleSettings())
const roles = ['WebRole', 'WorkerRole', 'DeployerRole', 'ServiceRole']
const actionsOf = (statements: Properties[]): string[] => statements.flatMap(({ Action }) => listOf<string>(Action))

describe('Roles', () => {
  test.each(roles)('%s allows no action by wildcard', (role) => {
    const actions = actionsOf(statementsOf(application, role))
    expect(actions).not.toEqual([])
    expect(actions.filter((action) => action.includes('*'))).toEqual([])
  })

  test.each(roles)('%s names all resources only for actions that IAM cannot limit', (role) => {
    const broad = statementsOf(application, role).filter(({ Resource }) => listOf(Resource).includes('*'))
    expect(actionsOf(broad).filter((action) => !unlimitedActions.includes(action))).toEqual([])
  })

  test('The deployer passes the three roles of the shop and no other', () => {
    const passing = statementsOf(application, 'DeployerRole').filter(({ Action }) =>
      listOf(Action).includes('iam:PassRole'),
    )
    expect(
      passing.map(({ Resource, Condition }) => [
        listOf<Properties>(Resource).map((resource) => resource['Fn::GetAtt'][0].replace(/Role.*/, '')),
        Condition.StringEquals['iam:PassedToService'],
      ]),
    ).toEqual([
      [['Web', 'Worker'], 'ec2.amazonaws.com'],
      [['Service'], 'elasticbeanstalk.amazonaws.com'],
    ])
  })

  test('Nobody but the deployer passes roles, and nobody changes roles or policies', () => {
    for (const role of roles) {
      const identity = actionsOf(statementsOf(application, role)).filter((action) => action.startsWith('iam:'))
      expect(new Set(identity)).toEqual(new Set(role === 'DeployerRole' ? ['iam:PassRole'] : []))
    }
  })

  test('Instances read the secrets of the program, never those of the owner of the schema', () => {
    for (const role of ['WebRole', 'WorkerRole']) {
      const [reading] = statementsOf(application, role).filter(({ Sid }) => Sid === 'ReadSecrets')
      expect(reading.Resource).toHaveLength(4)
      expect(JSON.stringify(reading.Resource)).not.toContain('Owner')
    }
  })

  test('The worker alone reads the inbox', () => {
    expect(actionsOf(statementsOf(application, 'WorkerRole'))).toContain('sqs:ReceiveMessage')
    expect(actionsOf(statementsOf(application, 'WebRole'))).not.toContain('sqs:ReceiveMessage')
  })
})

describe('Messaging', () => {
  test('The inbox is encrypted, and what is not understood goes to a dead-letter queue that keeps it 14 days', () => {
    application.resourceCountIs('AWS::SQS::Queue', 2)
    application.allResourcesProperties('AWS::SQS::Queue', {
      KmsMasterKeyId: Match.anyValue(),
      MessageRetentionPeriod: 1_209_600,
    })
    application.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'holdfast-inbox',
      RedrivePolicy: {
        maxReceiveCount: 5,
        deadLetterTargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^InboxDead'), 'Arn'] },
      },
    })
  })

  test('Events of orders have an encrypted topic, to which instances publish', () => {
    application.hasResourceProperties('AWS::SNS::Topic', {
      TopicName: 'holdfast-orders',
      KmsMasterKeyId: Match.anyValue(),
    })
    for (const role of ['WebRole', 'WorkerRole'])
      expect(actionsOf(statementsOf(application, role))).toContain('sns:Publish')
  })

  test('Queues and topics refuse connections without TLS', () => {
    const policies = [
      ...resourcesOf(application, 'AWS::SQS::QueuePolicy'),
      ...resourcesOf(application, 'AWS::SNS::TopicPolicy'),
    ]
    expect(policies).toHaveLength(3)
    for (const [, { PolicyDocument }] of policies)
      expect(PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      )
  })
})

describe('The edge', () => {
  test('The web ACL bounds the rate of an address, and enforces the rules of AWS', () => {
    const [[, acl] = []] = resourcesOf(application, 'AWS::WAFv2::WebACL')
    expect(acl.Scope).toBe('REGIONAL')
    expect(acl.Rules.map(({ Name }: Properties) => Name)).toEqual([
      'Rate',
      'AWSManagedRulesAmazonIpReputationList',
      'AWSManagedRulesKnownBadInputsRuleSet',
      'AWSManagedRulesCommonRuleSet',
      'AWSManagedRulesSQLiRuleSet',
    ])
    for (const { OverrideAction } of acl.Rules.slice(1)) expect(OverrideAction).toEqual({ None: {} })
  })

  test('The log of the web ACL holds no credentials', () => {
    application.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
      RedactedFields: [{ SingleHeader: { Name: 'authorization' } }, { SingleHeader: { Name: 'cookie' } }],
    })
  })

  test('A domain has a certificate, and a record that a swap leaves alone', () => {
    application.hasResourceProperties('AWS::CertificateManager::Certificate', {
      DomainName: 'shop.example.org',
      ValidationMethod: 'DNS',
    })
    application.hasResourceProperties('AWS::Route53::RecordSet', {
      Type: 'A',
      Name: 'shop.example.org.',
      AliasTarget: { DNSName: 'holdfast-123456789012.eu-central-1.elasticbeanstalk.com' },
    })
    application.hasResourceProperties('AWS::Route53::RecordSet', { Type: 'CAA' })
  })

  test('A shop without a domain has neither certificate nor records', () => {
    const { application: plain } = templatesOf(sampleWithoutDomain())
    plain.resourceCountIs('AWS::CertificateManager::Certificate', 0)
    plain.resourceCountIs('AWS::Route53::RecordSet', 0)
  })
})

test('No environment is in CloudFormation: the release command swaps them', () => {
  application.resourceCountIs('AWS::ElasticBeanstalk::Environment', 0)
  application.resourceCountIs('AWS::ElasticBeanstalk::Application', 1)
})
