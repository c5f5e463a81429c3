import { SwapEnvironmentCNAMEsCommand } from '@aws-sdk/client-elastic-beanstalk'
import { waitUntil, whenReady, requireEnvironment, type ReleaseContext, type Step } from '../context.ts'
import { hasCname, stateText } from '../environments.ts'
import { trafficOf } from '../metrics.ts'
import { ReleaseError } from '../release-error.ts'
import { requireBalancer } from './create.ts'

const minute = 60_000
/** Requests of a window below which its error rate says nothing. */
const requestsMin = 20
/** Windows in a row that must be bad: one may be an accident. */
const badWindows = 2
/** Age of a minute before CloudWatch has it. */
const metricDelayMs = 2 * minute

/** The watch found the new version worse: the release goes back by itself. */
export class WorseReleaseError extends ReleaseError {}

/** Makes `to` the environment with the live address. */
export const swapStep = (name: string, to: 'live' | 'next'): Step => ({
  name,
  title: to === 'next' ? 'swap the addresses: the new environment serves' : 'swap the addresses back',
  async isDone(context) {
    const { live, next } = context.lease.record
    if (live === undefined) return true
    return !context.aws.isDryRun && isLive(context, to === 'next' ? next.web : live.web)
  },
  async run(context) {
    const { aws, lease, clock } = context
    const { live, next } = lease.record
    if (live === undefined) return
    const [from, target] = to === 'next' ? [live.web, next.web] : [next.web, live.web]
    // A rollback must know that requests may have come to the new environment, even where this process dies below.
    await lease.save({ done: { ...lease.record.done, [`${name}-begun`]: await clock.now() } })
    const swap = new SwapEnvironmentCNAMEsCommand({ SourceEnvironmentName: from, DestinationEnvironmentName: target })
    await whenReady(context, `${from} and ${target}`, async () => {
      // The first of two tries may have been accepted although its answer was lost.
      if (aws.isDryRun || !(await isLive(context, target))) await aws.beanstalk.send(swap)
    })
    await waitUntil(context, {
      what: `${target} to have the live address`,
      timeoutMs: 15 * minute,
      remedy: `Look at the events of ${from} and ${target}. Then \`npm run release -- resume\` tries again, or \`npm run release -- rollback\` goes back.`,
      check: async () => {
        const pair = [await requireEnvironment(context, from), await requireEnvironment(context, target)]
        if (pair.some(({ Status: status }) => status !== 'Ready'))
          return pair.map((each) => `${each.EnvironmentName} ${stateText(each)}`).join(', ')
        return (await isLive(context, target)) ? true : 'both are Ready, but the addresses are as before'
      },
    })
  },
})

async function isLive(context: ReleaseContext, name: string): Promise<boolean> {
  return hasCname(await requireEnvironment(context, name), context.infrastructure.LiveCnamePrefix)
}

/** Watches error rate and p99 of the environment that serves now, from the step `since` on. */
export const watchStep = (since: string, served: (context: ReleaseContext) => string): Step => ({
  name: 'watch',
  title: 'watch error rate and p99',
  async run(context) {
    const { aws, clock, lease, settings, print } = context
    const { watch } = settings
    const balancer = await requireBalancer(context, served(context))
    // CloudWatch counts by whole minutes; the one of the swap is mixed.
    const startedAt = wholeMinute((lease.record.done[since] ?? (await clock.now())) + minute - 1)
    let bad = 0
    await waitUntil(context, {
      what: `${watch.minutes} minutes without trouble`,
      timeoutMs: (watch.minutes + 60) * minute,
      everyMs: minute,
      remedy: 'CloudWatch cannot be read: `npm run release -- resume` goes on watching.',
      check: async () => {
        const until = wholeMinute((await clock.now()) - metricDelayMs)
        if (until <= startedAt) return 'CloudWatch has no minute of it yet'
        const traffic = await trafficOf(aws, balancer, Math.max(until - 3 * minute, startedAt), until)
        const problem = problemOf(traffic, watch)
        bad = problem === undefined ? 0 : bad + 1
        if (problem !== undefined && bad >= badWindows)
          throw new WorseReleaseError(`The new version is worse: ${problem}.`, {
            remedy: 'It was rolled back. Find the cause in the logs and traces of the new version before the next try.',
          })
        if (until - startedAt < watch.minutes * minute)
          return `${traffic.requests} requests, ${traffic.failures} failed, p99 ${Math.round(traffic.p99Ms)} ms`
        const { requests } = await trafficOf(aws, balancer, startedAt, until)
        if (requests < requestsMin && !aws.isDryRun)
          print('      note: there were hardly any requests, so the watch says little.')
        return true
      },
    })
  },
})

const wholeMinute = (ms: number): number => ms - (ms % minute)

function problemOf(
  { requests, failures, p99Ms }: { requests: number; failures: number; p99Ms: number },
  limits: { errorRate: number; p99Ms: number },
): string | undefined {
  const answers = Math.max(requests, failures)
  if (answers < requestsMin) return undefined
  if (failures / answers > limits.errorRate) return `${failures} of ${answers} requests failed`
  return p99Ms > limits.p99Ms ? `p99 is ${Math.round(p99Ms)} ms, the limit ${limits.p99Ms} ms` : undefined
}

/** Keeps an environment that lost the live address until nobody uses it: resolvers ignore the lifetime of records. */
export const drainStep = (
  name: string,
  since: string,
  left: (context: ReleaseContext) => string | undefined,
): Step => ({
  name,
  title: `keep the ${name.replace('drain-', '')} web environment until its requests are 0`,
  async run(context) {
    const { aws, clock, lease, settings } = context
    const environment = left(context)
    if (environment === undefined) return
    const { minimumMinutes, quietMinutes, limitMinutes } = settings.drain
    const balancer = await requireBalancer(context, environment)
    const startedAt = lease.record.done[since] ?? (await clock.now())
    await waitUntil(context, {
      what: `${environment} to get no requests`,
      timeoutMs: limitMinutes * minute,
      everyMs: minute,
      remedy: `Somebody still uses the old address of ${environment}, which keeps serving. \`npm run release -- resume\` waits again; drain.limitMinutes is the limit.`,
      check: async () => {
        const now = await clock.now()
        if (now - startedAt < minimumMinutes * minute) return `kept for ${minimumMinutes} min at least`
        const until = now - metricDelayMs
        const { requests } = await trafficOf(aws, balancer, until - quietMinutes * minute, until)
        return requests === 0 ? true : `${requests} requests in ${quietMinutes} min`
      },
    })
  },
})
