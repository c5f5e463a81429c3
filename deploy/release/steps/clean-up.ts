import {
  DescribeConfigurationSettingsCommand,
  TerminateEnvironmentCommand,
  UpdateEnvironmentCommand,
} from '@aws-sdk/client-elastic-beanstalk'
import { waitUntil, whenReady, requireEnvironment, type ReleaseContext, type Step } from '../context.ts'
import { findEnvironment, hasCname, isOfAnother, stateText, type Tier } from '../environments.ts'
import { ReleaseError } from '../release-error.ts'

const minute = 60_000

/**
 * Terminates an environment of this version, never the one with the live address unless there is no other
 * (`isLiveAllowed`).
 */
export const terminateStep = (
  name: string,
  which: (context: ReleaseContext) => { name: string; version: string } | undefined,
  { isLiveAllowed = () => false }: { isLiveAllowed?(context: ReleaseContext): boolean } = {},
): Step => ({
  name,
  title: `terminate the ${name.replace('terminate-', '').replace('-', ' ')} environment; its instances drain`,
  async isDone(context) {
    const target = which(context)
    if (target === undefined) return true
    return (await findEnvironment(context.aws, context.infrastructure.ApplicationName, target.name)) === undefined
  },
  async run(context) {
    const target = which(context)
    if (target === undefined) return
    const { aws, infrastructure } = context
    const find = () => findEnvironment(aws, infrastructure.ApplicationName, target.name)
    await whenReady(context, target.name, async () => {
      const found = await find()
      if (!aws.isDryRun) {
        if (found === undefined || found.Status === 'Terminating') return
        if (isOfAnother(found, target.version))
          throw new ReleaseError(
            `${target.name} runs ${found.VersionLabel}, not ${target.version}: it is not terminated.`,
            {
              remedy: `Something else has created or updated it. See that it gets no requests, terminate it yourself, then \`npm run release -- resume\`.`,
            },
          )
        if (hasCname(found, infrastructure.LiveCnamePrefix) && !isLiveAllowed(context))
          throw new ReleaseError(`${target.name} has the live address: it is not terminated.`, {
            remedy:
              'Somebody swapped the addresses by hand. `npm run release -- status` shows where they point; then resume or roll back.',
          })
      }
      await aws.beanstalk.send(
        new TerminateEnvironmentCommand({ EnvironmentName: target.name, TerminateResources: true }),
      )
    })
    await waitUntil(context, {
      what: `${target.name} to end`,
      timeoutMs: 40 * minute,
      remedy: `Look at the events of ${target.name}; what still holds it must go first. Then \`npm run release -- resume\`.`,
      check: async () => {
        const found = await find()
        return found === undefined ? true : stateText(found)
      },
    })
  },
})

/** The new environment was created at the size of the old one; from now on it may shrink to its minimum. */
export const settleSize = (tier: Tier): Step => ({
  name: `settle-${tier}`,
  title: `let the ${tier} environment shrink to its minimum`,
  async isDone(context) {
    return (
      context.lease.record.live === undefined ||
      (!context.aws.isDryRun && (await minimumSize(context, tier)) === String(context.settings[tier].minSize))
    )
  },
  async run(context) {
    const name = context.lease.record.next[tier]
    await whenReady(context, name, () =>
      context.aws.beanstalk.send(
        new UpdateEnvironmentCommand({
          EnvironmentName: name,
          OptionSettings: [
            { Namespace: 'aws:autoscaling:asg', OptionName: 'MinSize', Value: String(context.settings[tier].minSize) },
          ],
        }),
      ),
    )
    await waitUntil(context, {
      what: `${name} to be Ready`,
      timeoutMs: 20 * minute,
      remedy: 'The release serves. `npm run release -- resume` finishes it.',
      check: async () => {
        const found = await requireEnvironment(context, name)
        return found.Status === 'Ready' ? true : stateText(found)
      },
    })
  },
})

async function minimumSize({ aws, infrastructure, lease }: ReleaseContext, tier: Tier): Promise<string | undefined> {
  const { ConfigurationSettings: settings = [] } = await aws.beanstalk.send(
    new DescribeConfigurationSettingsCommand({
      ApplicationName: infrastructure.ApplicationName,
      EnvironmentName: lease.record.next[tier],
    }),
  )
  return settings[0]?.OptionSettings?.find(
    ({ Namespace: namespace, OptionName: name }) => namespace === 'aws:autoscaling:asg' && name === 'MinSize',
  )?.Value
}
