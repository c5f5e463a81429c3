import type { App } from 'aws-cdk-lib'
import type { Vpc } from 'aws-cdk-lib/aws-ec2'
import { PrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery'
import { createEndpoints, createVpc, subnetGroups } from './network.ts'
import { createSecurityGroups, type SecurityGroups } from './security-groups.ts'
import type { Settings } from './settings.ts'
import { ShopStack } from './shop-stack.ts'

/** The network: everything else stands in it. */
export class NetworkStack extends ShopStack {
  readonly vpc: Vpc
  readonly groups: SecurityGroups

  constructor(app: App, settings: Settings) {
    super(app, 'network', settings, 'Holdfast: VPC, endpoints, security groups, private DNS namespace')
    this.vpc = createVpc(this)
    this.groups = createSecurityGroups(this, this.vpc)
    createEndpoints(this, this.vpc, this.groups.endpoints)
    const namespace = new PrivateDnsNamespace(this, 'Namespace', { name: `${settings.name}.internal`, vpc: this.vpc })
    const subnetsOf = (group: string): string => this.vpc.selectSubnets({ subnetGroupName: group }).subnetIds.join(',')
    this.writeOutputs({
      VpcId: this.vpc.vpcId,
      VpcCidr: this.vpc.vpcCidrBlock,
      AppSubnetIds: subnetsOf(subnetGroups.app),
      PublicSubnetIds: subnetsOf(subnetGroups.public),
      BalancerSecurityGroupId: this.groups.balancer.securityGroupId,
      WebSecurityGroupId: this.groups.web.securityGroupId,
      WorkerSecurityGroupId: this.groups.worker.securityGroupId,
      ServiceNamespaceId: namespace.namespaceId,
    })
  }
}
