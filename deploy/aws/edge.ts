import { RegionInfo } from 'aws-cdk-lib/region-info'
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager'
import { ARecord, CaaAmazonRecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53'
import { CfnLoggingConfiguration, CfnWebACL } from 'aws-cdk-lib/aws-wafv2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { createLogGroup } from './log-group.ts'
import type { ShopStack } from './shop-stack.ts'

/** Requests of one address in 5 minutes. A page with its pictures is some twenty; offices share an address. */
export const requestsPerAddressMax = 5_000

/** Rules of AWS, in order. Those under `counted` are measured, not enforced. */
const managedRules: readonly { name: string; counted: readonly string[] }[] = [
  { name: 'AWSManagedRulesAmazonIpReputationList', counted: [] },
  { name: 'AWSManagedRulesKnownBadInputsRuleSet', counted: [] },
  // Webhooks of the payment provider and descriptions of products exceed 8 KiB, and descriptions hold HTML, which the
  // shop sanitises. The program bounds bodies itself.
  { name: 'AWSManagedRulesCommonRuleSet', counted: ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY'] },
  { name: 'AWSManagedRulesSQLiRuleSet', counted: [] },
]

const visibility = (metricName: string) => ({
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: true,
  metricName,
})

/** The web ACL of both colours' balancers: the release command associates it before the swap. Its log omits credentials. */
export function createWebAcl(stack: ShopStack, key: IKey): CfnWebACL {
  const acl = new CfnWebACL(stack, 'WebAcl', {
    name: stack.nameOf('web'),
    scope: 'REGIONAL',
    defaultAction: { allow: {} },
    visibilityConfig: visibility(stack.nameOf('web')),
    rules: [
      {
        name: 'Rate',
        priority: 0,
        action: { block: { customResponse: { responseCode: 429 } } },
        statement: {
          rateBasedStatement: { aggregateKeyType: 'IP', limit: requestsPerAddressMax, evaluationWindowSec: 300 },
        },
        visibilityConfig: visibility('Rate'),
      },
      ...managedRules.map(({ name, counted }, index) => ({
        name,
        priority: index + 1,
        overrideAction: { none: {} },
        statement: {
          managedRuleGroupStatement: {
            vendorName: 'AWS',
            name,
            ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
          },
        },
        visibilityConfig: visibility(name),
      })),
    ],
  })
  // WAF demands the prefix.
  const logs = createLogGroup(stack, 'WebAclLogs', { name: `aws-waf-logs-${stack.settings.name}`, key })
  new CfnLoggingConfiguration(stack, 'WebAclLogging', {
    resourceArn: acl.attrArn,
    logDestinationConfigs: [logs.logGroupArn.replace(/:\*$/, '')],
    redactedFields: ['authorization', 'cookie'].map((Name) => ({ singleHeader: { Name } })),
    // Requests that were let through are in the program's log.
    loggingFilter: {
      DefaultBehavior: 'DROP',
      Filters: [
        {
          Behavior: 'KEEP',
          Requirement: 'MEETS_ANY',
          Conditions: ['BLOCK', 'COUNT'].map((Action) => ({ ActionCondition: { Action } })),
        },
      ],
    },
  })
  return acl
}

/** Address of the live colour: blue and green swap it. */
export const liveHost = (cnamePrefix: string, region: string): string => `${cnamePrefix}.${region}.elasticbeanstalk.com`

/** Certificate and records of the domain. The records point to the address that is swapped, so a swap changes no record. */
export function createDomain(stack: ShopStack, cnamePrefix: string): Certificate | undefined {
  const { domain, region } = stack.settings
  if (domain === undefined) return undefined
  const zone = HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
    hostedZoneId: domain.zoneId,
    zoneName: domain.zoneName,
  })
  const certificate = new Certificate(stack, 'Certificate', {
    domainName: domain.name,
    validation: CertificateValidation.fromDns(zone),
  })
  new ARecord(stack, 'ShopRecord', {
    zone,
    recordName: domain.name,
    target: RecordTarget.fromAlias({
      bind: () => ({ dnsName: liveHost(cnamePrefix, region), hostedZoneId: beanstalkZone(region) }),
    }),
  })
  new CaaAmazonRecord(stack, 'CertificateAuthority', { zone, recordName: domain.name })
  return certificate
}

/** Route 53 zone of Beanstalk's addresses in a region. */
function beanstalkZone(region: string): string {
  const id = RegionInfo.get(region).ebsEnvEndpointHostedZoneId
  if (id === undefined)
    throw new Error(
      `aws-cdk-lib knows no Beanstalk in ${region}. Choose another region, or leave out the domain and point it by hand.`,
    )
  return id
}
