import type { ReleaseContext, Step } from '../context.ts'
import type { Tier } from '../environments.ts'
import type { ReleaseRecord } from '../record.ts'
import { requireLive, updateStep } from './canary.ts'
import { settleSize, terminateStep } from './clean-up.ts'
import { createSteps } from './create.ts'
import { prepareSteps } from './prepare.ts'
import { drainStep, swapStep, watchStep } from './switch.ts'

const next = (tier: Tier) => (context: ReleaseContext) => context.lease.record.next[tier]
const live = (tier: Tier) => (context: ReleaseContext) => context.lease.record.live?.[tier]
const newOne = (tier: Tier) => (context: ReleaseContext) => ({
  name: next(tier)(context),
  version: context.lease.record.version,
})
const oldOne = (tier: Tier) => (context: ReleaseContext) => {
  const found = context.lease.record.live
  return found && { name: found[tier], version: found.versions[tier] }
}
const isFirst = ({ lease }: ReleaseContext): boolean => lease.record.live === undefined
const wasSwapped = ({ lease }: ReleaseContext): boolean => lease.record.done['swap-begun'] !== undefined

const blueGreen: readonly Step[] = [
  ...prepareSteps,
  ...createSteps,
  swapStep('swap', 'next'),
  watchStep('swap', next('web')),
  drainStep('drain-old', 'swap', live('web')),
  terminateStep('terminate-old-worker', oldOne('worker')),
  terminateStep('terminate-old-web', oldOne('web')),
  settleSize('worker'),
  settleSize('web'),
]

const canary: readonly Step[] = [
  ...prepareSteps,
  updateStep('update-worker', 'worker', 'next'),
  updateStep('update-web', 'web', 'next'),
  watchStep('update-web', (context) => requireLive(context).web),
]

const blueGreenBack: readonly Step[] = [
  swapStep('swap-back', 'live'),
  drainStep('drain-new', 'swap-back', (context) =>
    !isFirst(context) && wasSwapped(context) ? next('web')(context) : undefined,
  ),
  terminateStep('terminate-new-web', newOne('web'), { isLiveAllowed: isFirst }),
  terminateStep('terminate-new-worker', newOne('worker')),
]

const canaryBack: readonly Step[] = [
  updateStep('update-web-back', 'web', 'previous'),
  updateStep('update-worker-back', 'worker', 'previous'),
]

/** The steps of a release in order. */
export function stepsOf({ strategy }: Pick<ReleaseRecord, 'strategy'>): readonly Step[] {
  return strategy === 'canary' ? canary : blueGreen
}

/** The steps back, from wherever the release stopped. */
export function stepsBack({ strategy }: Pick<ReleaseRecord, 'strategy'>): readonly Step[] {
  return strategy === 'canary' ? canaryBack : blueGreenBack
}
