import { describe, expect, test } from 'vitest'
import { resourcesOf, sampleSettings, templatesOf } from './sample.fixture.ts'

const { network, data } = templatesOf(sampleSettings())
const text = (value: unknown): string => JSON.stringify(value)

describe('The network', () => {
  test('Three zones have a NAT each', () => {
    network.resourceCountIs('AWS::EC2::NatGateway', 3)
    const zones = resourcesOf(network, 'AWS::EC2::Subnet').map(([, { AvailabilityZone }]) => AvailabilityZone)
    expect(new Set(zones)).toEqual(new Set(['eu-central-1a', 'eu-central-1b', 'eu-central-1c']))
  })

  test('Data subnets have no route to the internet', () => {
    const dataTables = resourcesOf(network, 'AWS::EC2::SubnetRouteTableAssociation')
      .filter(([, { SubnetId }]) => text(SubnetId).includes('Vpcdata'))
      .map(([, { RouteTableId }]) => text(RouteTableId))
    expect(dataTables).toHaveLength(3)
    for (const [, { RouteTableId }] of resourcesOf(network, 'AWS::EC2::Route'))
      expect(dataTables).not.toContain(text(RouteTableId))
  })

  test('No subnet hands out public addresses', () => {
    for (const [, { MapPublicIpOnLaunch }] of resourcesOf(network, 'AWS::EC2::Subnet'))
      expect(MapPublicIpOnLaunch).toBe(false)
  })

  test('Postgres, Redis and the cache stand in data subnets', () => {
    const groups = [
      ...resourcesOf(data, 'AWS::RDS::DBSubnetGroup'),
      ...resourcesOf(data, 'AWS::ElastiCache::SubnetGroup'),
    ]
    expect(groups).toHaveLength(2)
    for (const [, { SubnetIds }] of groups) {
      expect(SubnetIds).toHaveLength(3)
      for (const id of SubnetIds) expect(text(id)).toContain('Vpcdata')
    }
  })

  test('The internet reaches the balancer on 443 and nothing else', () => {
    const open = resourcesOf(network, 'AWS::EC2::SecurityGroup').flatMap(([id, { SecurityGroupIngress = [] }]) =>
      SecurityGroupIngress.map(({ CidrIp, FromPort, ToPort }: Record<string, unknown>) => ({
        id,
        CidrIp,
        FromPort,
        ToPort,
      })),
    )
    expect(open).toEqual([{ id: expect.stringContaining('Balancer'), CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 }])
  })

  test('Other connections are admitted by security group, each on one port', () => {
    const rules = resourcesOf(network, 'AWS::EC2::SecurityGroupIngress')
    const ways = rules.map(([, rule]) => {
      expect(rule).not.toHaveProperty('CidrIp')
      expect(rule.FromPort).toBe(rule.ToPort)
      const name = (reference: unknown): string => /(\w+?)SecurityGroup/.exec(text(reference))?.[1] ?? ''
      return `${name(rule.SourceSecurityGroupId)} -> ${name(rule.GroupId)}:${rule.FromPort}`
    })
    expect(ways.toSorted()).toEqual([
      'Balancer -> Web:80',
      'Rotation -> Endpoints:443',
      'Rotation -> Postgres:5432',
      'Web -> Endpoints:443',
      'Web -> Postgres:5432',
      'Web -> Redis:6379',
      'Worker -> Endpoints:443',
      'Worker -> Postgres:5432',
      'Worker -> Redis:6379',
    ])
  })

  test('Data stores open no connection', () => {
    for (const [id, { SecurityGroupEgress }] of resourcesOf(network, 'AWS::EC2::SecurityGroup'))
      if (/^(Postgres|Redis|Endpoints)/.test(id))
        expect(SecurityGroupEgress).toEqual([expect.objectContaining({ CidrIp: '255.255.255.255/32' })])
    for (const [, { GroupId }] of resourcesOf(network, 'AWS::EC2::SecurityGroupEgress'))
      expect(text(GroupId)).not.toMatch(/"(Postgres|Redis|Endpoints)SecurityGroup/)
  })

  test('Rejected connections are logged, and a private namespace of Cloud Map exists', () => {
    network.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' })
    network.hasResourceProperties('AWS::ServiceDiscovery::PrivateDnsNamespace', { Name: 'holdfast.internal' })
  })
})
