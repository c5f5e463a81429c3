import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  SubnetType,
  Vpc,
  type SecurityGroup,
} from 'aws-cdk-lib/aws-ec2'
import { createLogGroup } from './log-group.ts'
import { acknowledge, type ShopStack } from './shop-stack.ts'

/** Subnet groups. `data` has no route to the internet in either direction. */
export const subnetGroups = { public: 'public', app: 'app', data: 'data' } as const

const interfaceServices = {
  logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  sqs: InterfaceVpcEndpointAwsService.SQS,
  monitoring: InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
}

/** Three zones with a NAT each: the loss of a zone takes neither the others' way out nor their data. */
export function createVpc(stack: ShopStack): Vpc {
  const vpc = new Vpc(stack, 'Vpc', {
    ipAddresses: IpAddresses.cidr('10.40.0.0/16'),
    availabilityZones: [...stack.settings.zones],
    natGateways: stack.settings.zones.length,
    subnetConfiguration: [
      { name: subnetGroups.public, subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
      { name: subnetGroups.app, subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      { name: subnetGroups.data, subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
    ],
    // The default group would need a function of its own to be emptied. Nothing uses it.
    restrictDefaultSecurityGroup: false,
  })
  vpc.addFlowLog('FlowLog', {
    destination: FlowLogDestination.toCloudWatchLogs(
      createLogGroup(stack, 'FlowLogGroup', { name: `/${stack.nameOf('vpc-flow')}` }),
    ),
    // Accepted connections of a shop are its traffic, at a price; rejected ones are news.
    trafficType: FlowLogTrafficType.REJECT,
  })
  acknowledge(vpc, {
    'CloudFormation-Validate::W3010':
      'Zones are named in the settings: the order of Fn::GetAZs may change, and subnets would be replaced.',
  })
  return vpc
}

/** Ways to AWS that bypass the NATs: S3 because it is free, secrets so that they never leave the network, others by size. */
export function createEndpoints(stack: ShopStack, vpc: Vpc, group: SecurityGroup): void {
  vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 })
  const services = {
    SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    ...Object.fromEntries(stack.size.endpoints.map((name) => [name, interfaceServices[name]])),
  }
  for (const [id, service] of Object.entries(services)) {
    vpc.addInterfaceEndpoint(id, {
      service,
      subnets: { subnetGroupName: subnetGroups.app },
      securityGroups: [group],
      open: false,
      privateDnsEnabled: true,
    })
  }
}
