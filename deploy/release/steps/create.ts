import {
  CheckDNSAvailabilityCommand,
  CreateEnvironmentCommand,
  ValidateConfigurationSettingsCommand,
  type ConfigurationOptionSetting,
} from '@aws-sdk/client-elastic-beanstalk'
import {
  DescribeTargetGroupsCommand,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { AssociateWebACLCommand, GetWebACLForResourceCommand } from '@aws-sdk/client-wafv2'
import { targetGroupAttributes, webOptionSettings, workerOptionSettings } from '../../eb/option-settings.ts'
import { newestPlatform } from '../account.ts'
import { isTaken } from '../aws-error.ts'
import { waitUntil, type ReleaseContext, type Step, requireEnvironment } from '../context.ts'
import {
  balancerOf,
  findEnvironment,
  instancesBehind,
  isHealthy,
  isOfAnother,
  recentErrors,
  stateText,
  type Tier,
} from '../environments.ts'
import { ReleaseError } from '../release-error.ts'

const minute = 60_000
const rollBack =
  'Read the reason above, `npm run release -- rollback`, mend it, and deploy again. What serves now is untouched.'

const createStep = (tier: Tier): Step => ({
  name: `create-${tier}`,
  title: `create the new ${tier} environment`,
  isDone: (context) => isCreated(context, tier),
  async run(context) {
    const { aws, infrastructure, settings, lease } = context
    const { next, live, version } = lease.record
    const size = live?.sizes[tier] ?? settings[tier].minSize
    const options = (tier === 'web' ? webOptionSettings : workerOptionSettings)({ infrastructure, settings, size })
    if (live !== undefined) await validate(context, live[tier], options)
    if (tier === 'web') await requireFreeName(context)
    const create = new CreateEnvironmentCommand({
      ApplicationName: infrastructure.ApplicationName,
      EnvironmentName: next[tier],
      ...(tier === 'web'
        ? { CNAMEPrefix: next.cnamePrefix, Tier: { Name: 'WebServer', Type: 'Standard' } }
        : { Tier: { Name: 'Worker', Type: 'SQS/HTTP' } }),
      PlatformArn: await newestPlatform(aws),
      VersionLabel: version,
      OptionSettings: options,
      Tags: [
        { Key: 'holdfast:release', Value: version },
        { Key: 'holdfast:tier', Value: tier },
      ],
    })
    await aws.beanstalk.send(create).catch(async (error: unknown) => {
      // The answer to an earlier try was lost: the SDK repeated the call, and met its own environment.
      if (!isTaken(error)) throw error
      if (!(await isCreated(context, tier))) throw takenName(next[tier], 'of another application', error)
    })
  },
})

async function isCreated({ aws, infrastructure, lease }: ReleaseContext, tier: Tier): Promise<boolean> {
  const name = lease.record.next[tier]
  const found = await findEnvironment(aws, infrastructure.ApplicationName, name)
  if (found === undefined) return false
  if (!isOfAnother(found, lease.record.version) && found.Status !== 'Terminating') return true
  throw takenName(name, `of ${found.VersionLabel ?? 'this release'} (${stateText(found)})`)
}

const takenName = (name: string, holder: string, cause?: unknown): ReleaseError =>
  new ReleaseError(`The name ${name} is taken by an environment ${holder}.`, {
    remedy: `See that it gets no requests, run \`aws elasticbeanstalk terminate-environment --environment-name ${name}\`, wait for its end, then \`npm run release -- resume\`.`,
    cause,
  })

/** Beanstalk's own check of the settings, against an environment of the same platform. */
async function validate(
  { aws, infrastructure }: ReleaseContext,
  name: string,
  options: ConfigurationOptionSetting[],
): Promise<void> {
  const { Messages: messages = [] } = await aws.beanstalk.send(
    new ValidateConfigurationSettingsCommand({
      ApplicationName: infrastructure.ApplicationName,
      EnvironmentName: name,
      OptionSettings: options,
    }),
  )
  const errors = messages.filter(({ Severity: severity }) => severity === 'error')
  if (errors.length === 0) return
  const text = errors.map(
    ({ Namespace: namespace, OptionName: option, Message: message }) => `\n  ${namespace} ${option}: ${message}`,
  )
  throw new ReleaseError(`Beanstalk rejects the option settings:${text.join('')}`, { remedy: rollBack })
}

async function requireFreeName({ aws, lease }: ReleaseContext): Promise<void> {
  const { cnamePrefix } = lease.record.next
  const { Available: isAvailable } = await aws.beanstalk.send(
    new CheckDNSAvailabilityCommand({ CNAMEPrefix: cnamePrefix }),
  )
  if (isAvailable === true) return
  throw new ReleaseError(`The address ${cnamePrefix} is taken, by this account or another.`, {
    remedy:
      'Terminate the environment that has it, or choose another LiveCnamePrefix in the stacks; then `npm run release -- resume`.',
  })
}

const awaitStep = (tier: Tier): Step => ({
  name: `await-${tier}`,
  title: `wait until the new ${tier} environment is Ok for 3 minutes, each instance on the new version`,
  async run(context) {
    const { aws, lease, clock } = context
    const name = lease.record.next[tier]
    await waitUntil(context, {
      what: `${name} to be Ready`,
      timeoutMs: 30 * minute,
      remedy: rollBack,
      check: async () => {
        const found = await requireEnvironment(context, name)
        if (found.Status === 'Terminating')
          throw new ReleaseError(`${name} did not start.${await recentErrors(aws, name)}`, { remedy: rollBack })
        return found.Status === 'Ready' ? true : stateText(found)
      },
    })
    let healthySince: number | undefined
    let isWarned = false
    await waitUntil(context, {
      what: `${name} to stay Ok for 3 minutes`,
      timeoutMs: 20 * minute,
      remedy: rollBack,
      check: async () => {
        const found = await requireEnvironment(context, name)
        const behind = isHealthy(found) ? await instancesBehind(aws, name, lease.record.version) : [stateText(found)]
        if (behind.length > 0) {
          healthySince = undefined
          const isSevere = found.HealthStatus === 'Severe' || found.Health === 'Red'
          if (isSevere && !isWarned)
            context.print(`      ${name} is ${stateText(found)}${await recentErrors(aws, name)}`)
          isWarned ||= isSevere
          return behind.join(', ')
        }
        const now = await clock.now()
        healthySince ??= now
        return now - healthySince >= 3 * minute ? true : 'Ok, and being watched'
      },
    })
  },
})

const balance: Step = {
  name: 'balancing',
  title: 'set the balancing algorithm',
  async run(context) {
    const { aws, settings } = context
    const wanted = targetGroupAttributes(settings.balancing)
    for (const arn of await targetGroups(context)) {
      const modify = new ModifyTargetGroupAttributesCommand({ TargetGroupArn: arn, Attributes: wanted })
      await aws.balancing.send(modify)
    }
  },
}

async function targetGroups(context: ReleaseContext): Promise<string[]> {
  if (context.aws.isDryRun) return ['<target group>']
  const arn = await requireBalancer(context, context.lease.record.next.web)
  const command = new DescribeTargetGroupsCommand({ LoadBalancerArn: arn })
  const { TargetGroups: groups = [] } = await context.aws.balancing.send(command)
  return groups.flatMap(({ TargetGroupArn: group }) => (group === undefined ? [] : [group]))
}

/** ARN of the balancer of an environment. @throws ReleaseError when it has none */
export async function requireBalancer({ aws }: ReleaseContext, name: string): Promise<string> {
  if (aws.isDryRun) return (await balancerOf(aws, name).catch(() => undefined)) ?? `<balancer of ${name}>`
  const arn = await balancerOf(aws, name)
  if (arn !== undefined) return arn
  throw new ReleaseError(`${name} has no balancer.`, { remedy: rollBack })
}

const firewall: Step = {
  name: 'firewall',
  title: 'associate the firewall (WAF) with the new balancer',
  async isDone(context) {
    if (context.aws.isDryRun) return false
    const arn = await requireBalancer(context, context.lease.record.next.web)
    const { WebACL: acl } = await context.aws.waf.send(new GetWebACLForResourceCommand({ ResourceArn: arn }))
    return acl?.ARN === context.infrastructure.WebAclArn
  },
  async run(context) {
    const arn = await requireBalancer(context, context.lease.record.next.web)
    await context.aws.waf.send(
      new AssociateWebACLCommand({ WebACLArn: context.infrastructure.WebAclArn, ResourceArn: arn }),
    )
  },
}

const smoke: Step = {
  name: 'smoke',
  title: 'smoke test by the new address; it buys nothing',
  async run(context) {
    const { aws, settings, smokeTest, lease, print } = context
    const { CNAME: host = '' } = await requireEnvironment(context, lease.record.next.web)
    if (aws.isDryRun) return print(`  would run the smoke test against ${host}`)
    await smokeTest({ shopUrl: settings.shopUrl, host, sku: settings.smokeSku })
  },
}

/** Workers first: they understand the messages of both versions. */
export const createSteps: readonly Step[] = [
  createStep('worker'),
  createStep('web'),
  awaitStep('worker'),
  awaitStep('web'),
  balance,
  firewall,
  smoke,
]
