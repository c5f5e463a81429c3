import { AbortEnvironmentUpdateCommand, UpdateEnvironmentCommand } from '@aws-sdk/client-elastic-beanstalk'
import { waitUntil, whenReady, requireEnvironment, type ReleaseContext, type Step } from '../context.ts'
import { isHealthy, recentErrors, stateText, type Tier } from '../environments.ts'
import { ReleaseError } from '../release-error.ts'

const minute = 60_000

/** Beanstalk's traffic splitting: new instances in the same environment get a share of the requests first. */
const splitting = ({ settings }: ReleaseContext) => [
  { Namespace: 'aws:elasticbeanstalk:command', OptionName: 'DeploymentPolicy', Value: 'TrafficSplitting' },
  {
    Namespace: 'aws:elasticbeanstalk:trafficsplitting',
    OptionName: 'NewVersionPercent',
    Value: String(settings.canary.percent),
  },
  {
    Namespace: 'aws:elasticbeanstalk:trafficsplitting',
    OptionName: 'EvaluationTime',
    Value: String(settings.canary.minutes),
  },
]

/** Brings an environment in place to a version. */
export const updateStep = (name: string, tier: Tier, to: 'previous' | 'next'): Step => ({
  name,
  title:
    to === 'previous'
      ? `bring the ${tier} environment back to the previous version`
      : tier === 'web'
        ? 'shift the traffic of the web environment, a share first'
        : 'update the worker environment',
  async isDone(context) {
    if (context.aws.isDryRun) return false
    const found = await requireEnvironment(context, requireLive(context)[tier])
    return found.Status === 'Ready' && found.VersionLabel === versionFor(context, tier, to)
  },
  async run(context) {
    const { aws } = context
    const environment = requireLive(context)[tier]
    const version = versionFor(context, tier, to)
    const found = await requireEnvironment(context, environment)
    if (to === 'previous' && found.AbortableOperationInProgress === true)
      await aws.beanstalk.send(new AbortEnvironmentUpdateCommand({ EnvironmentName: environment }))
    await whenReady(context, environment, async () => {
      const now = await requireEnvironment(context, environment)
      if (now.VersionLabel === version) return
      await aws.beanstalk.send(
        new UpdateEnvironmentCommand({
          EnvironmentName: environment,
          VersionLabel: version,
          ...(tier === 'web' && to === 'next' ? { OptionSettings: splitting(context) } : {}),
        }),
      )
    })
    await waitUntil(context, {
      what: `${environment} to run ${version}`,
      timeoutMs: (context.settings.canary.minutes + 45) * minute,
      remedy:
        'Beanstalk goes back by itself when a share of the traffic fails. `npm run release -- rollback` brings all to the previous version.',
      check: async () => {
        const state = await requireEnvironment(context, environment)
        if (state.Status === 'Ready' && state.VersionLabel !== version)
          throw new ReleaseError(
            `Beanstalk took the update of ${environment} back.${await recentErrors(aws, environment)}`,
            {
              remedy: 'Run `npm run release -- rollback`, mend the cause, and deploy again.',
            },
          )
        return isHealthy(state) ? true : stateText(state)
      },
    })
  },
})

export function requireLive({ lease }: ReleaseContext): { web: string; worker: string } {
  const { live } = lease.record
  if (live !== undefined) return live
  throw new ReleaseError('There is no environment yet whose traffic could be split.', {
    remedy: 'Deploy the first release without --strategy canary.',
  })
}

function versionFor({ lease }: ReleaseContext, tier: Tier, to: 'previous' | 'next'): string {
  const { live, version } = lease.record
  return to === 'next' ? version : (live?.versions[tier] ?? '')
}
