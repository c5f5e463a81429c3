import {
  DescribeEnvironmentResourcesCommand,
  DescribeEnvironmentsCommand,
  DescribeEventsCommand,
  DescribeInstancesHealthCommand,
  type EnvironmentDescription,
} from '@aws-sdk/client-elastic-beanstalk'
import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling'
import type { Aws } from './aws.ts'

export type Environment = EnvironmentDescription & { EnvironmentName: string }
export type Colour = 'blue' | 'green'
export type Tier = 'web' | 'worker'

export const environmentName = (application: string, tier: Tier, colour: Colour): string =>
  `${application}-${tier}-${colour}`
export const otherColour = (colour: Colour): Colour => (colour === 'blue' ? 'green' : 'blue')
export const hasCname = ({ CNAME: cname }: EnvironmentDescription, prefix: string): boolean =>
  cname?.toLowerCase().startsWith(`${prefix}.`) === true

/** The environments of the application that are not terminated. */
export async function listEnvironments({ beanstalk }: Aws, application: string): Promise<Environment[]> {
  const command = new DescribeEnvironmentsCommand({ ApplicationName: application, IncludeDeleted: false })
  const { Environments: all = [] } = await beanstalk.send(command)
  return all.filter((each): each is Environment => each.EnvironmentName !== undefined && each.Status !== 'Terminated')
}

export async function findEnvironment(aws: Aws, application: string, name: string): Promise<Environment | undefined> {
  return (await listEnvironments(aws, application)).find(({ EnvironmentName: each }) => each === name)
}

export const isHealthy = ({ Status: status, Health: health, HealthStatus: detail }: Environment): boolean =>
  status === 'Ready' && health === 'Green' && (detail === undefined || detail === 'Ok')

/** Whether it is of another release: Beanstalk names no version before the first one runs. */
export const isOfAnother = ({ VersionLabel: found }: Environment, version: string): boolean =>
  found !== undefined && found !== version

export const stateText = ({ Status: status, HealthStatus: detail, Health: health }: Environment): string =>
  `${status ?? 'unknown'}, health ${detail ?? health ?? 'unknown'}`

/** ARN of the balancer; undefined while there is none. */
export async function balancerOf({ beanstalk }: Aws, name: string): Promise<string | undefined> {
  const command = new DescribeEnvironmentResourcesCommand({ EnvironmentName: name })
  const { EnvironmentResources: resources } = await beanstalk.send(command)
  return resources?.LoadBalancers?.[0]?.Name
}

/** Instances that the group wants now. */
export async function sizeOf({ beanstalk, scaling }: Aws, name: string): Promise<number | undefined> {
  const command = new DescribeEnvironmentResourcesCommand({ EnvironmentName: name })
  const { EnvironmentResources: resources } = await beanstalk.send(command)
  const group = resources?.AutoScalingGroups?.[0]?.Name
  if (group === undefined) return undefined
  const { AutoScalingGroups: groups = [] } = await scaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }),
  )
  return groups[0]?.DesiredCapacity
}

/** Instances that do not run this version in good health, each with its reason. */
export async function instancesBehind({ beanstalk }: Aws, name: string, version: string): Promise<string[]> {
  const command = new DescribeInstancesHealthCommand({ EnvironmentName: name, AttributeNames: ['All'] })
  const { InstanceHealthList: instances = [] } = await beanstalk.send(command)
  if (instances.length === 0) return ['no instance reports its health']
  return instances.flatMap(({ InstanceId: id = '?', HealthStatus: health = '?', Deployment: deployment }) => {
    if (deployment?.VersionLabel !== version) return [`${id} runs ${deployment?.VersionLabel ?? 'nothing'}`]
    return health === 'Ok' ? [] : [`${id} is ${health}`]
  })
}

/** The latest errors that Beanstalk reported, for the message of a failure. */
export async function recentErrors({ beanstalk }: Aws, name: string): Promise<string> {
  const command = new DescribeEventsCommand({ EnvironmentName: name, Severity: 'ERROR', MaxRecords: 3 })
  const { Events: events = [] } = await beanstalk.send(command)
  return events.map(({ Message: message = '' }) => `\n  ${message}`).join('')
}
