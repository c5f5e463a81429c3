import { randomUUID } from 'node:crypto'
import { newestPlatform, readInfrastructure, requireAccount } from './account.ts'
import { toReleaseError } from './aws-error.ts'
import type { Aws } from './aws.ts'
import { durationText } from './clock.ts'
import { requireSafe } from './checks.ts'
import type { Collaborators, ReleaseContext } from './context.ts'
import { runSteps } from './engine.ts'
import {
  environmentName,
  hasCname,
  listEnvironments,
  otherColour,
  sizeOf,
  stateText,
  type Colour,
  type Environment,
} from './environments.ts'
import type { Infrastructure } from './infrastructure.ts'
import {
  createLease,
  createRecordStore,
  isUnfinished,
  leaseMs,
  requireNoRelease,
  type RecordStore,
  type ReleaseRecord,
  type StoredRecord,
} from './record.ts'
import type { ReleaseBundle } from './release-bundle.ts'
import { ReleaseError } from './release-error.ts'
import type { ReleaseSettings } from './release-settings.ts'
import { stepsBack, stepsOf } from './steps/index.ts'
import { WorseReleaseError } from './steps/switch.ts'

export interface ReleaseInput extends Collaborators {
  aws: Aws
  settings: ReleaseSettings
  /** For people: who releases, from where. */
  owner: string
}

export interface DeployInput {
  version: string
  strategy: ReleaseRecord['strategy']
  bundleFile: string | undefined
}

interface Account {
  infrastructure: Infrastructure
  store: RecordStore
}

async function openAccount({ aws, settings }: ReleaseInput): Promise<Account> {
  await requireAccount(aws, settings)
  const infrastructure = await readInfrastructure(aws, settings)
  const store = createRecordStore(aws, infrastructure.BundleBucket)
  return { infrastructure, store: aws.isDryRun ? { ...store, write: async () => 'dry run' } : store }
}

/** Releases a version. @throws ReleaseError that says what to do; what serves is untouched then, or rolled back */
export const deploy = (input: ReleaseInput, options: DeployInput): Promise<void> =>
  explained(async () => {
    const account = await openAccount(input)
    const stored = await account.store.read()
    await requireNoRelease(stored, input.clock)
    const record = await planRecord(input, account.infrastructure, options)
    await requireSafe(input, account.infrastructure, record)
    // A release that another deployer has begun since the read above makes this write fail.
    const etag = await account.store.write(record, stored?.etag)
    await run(input, account, { record, etag, bundleFile: options.bundleFile })
  })

/** Prints what `deploy` would do, and what of it is done. */
export const plan = (input: ReleaseInput, options: DeployInput): Promise<void> =>
  explained(async () => {
    const { infrastructure, store } = await openAccount(input)
    const stored = await store.read()
    await requireNoRelease(stored, input.clock)
    const record = await planRecord(input, infrastructure, options)
    input.print(`${record.version} by ${record.strategy}, platform ${await newestPlatform(input.aws)}`)
    printPair(input, 'serves now', record.live, 'nothing: this is the first release')
    if (record.strategy === 'blue-green') printPair(input, 'is created', record.next, '')
    await requireSafe(input, infrastructure, record)
    input.print('  the migrations suit the running version, whose environments are Ready and Ok')
    for (const [index, { name, title }] of stepsOf(record).entries())
      input.print(`${String(index + 1).padStart(2)}. ${name.padEnd(20)} ${title}`)
  })

const printPair = (
  { print }: ReleaseInput,
  what: string,
  pair: { web: string; worker: string } | undefined,
  none: string,
) => print(`  ${what}: ${pair === undefined ? none : `${pair.web}, ${pair.worker}`}`)

/** Continues an unfinished release or rollback. */
export const resume = (input: ReleaseInput, bundle?: ReleaseBundle): Promise<void> =>
  explained(async () => {
    const account = await openAccount(input)
    const stored = await takeOver(input, account.store, async ({ version }) => {
      if (bundle !== undefined && bundle.version !== version)
        throw new ReleaseError(`${bundle.file} is ${bundle.version}, and the unfinished release is of ${version}.`, {
          remedy: `Pass the bundle of ${version}, or end that release with \`npm run release -- rollback\` first.`,
        })
    })
    await run(input, account, { ...stored, bundleFile: bundle?.file, isResumed: true })
  })

/** Goes back to what served before the unfinished release. */
export const rollback = (input: ReleaseInput): Promise<void> =>
  explained(async () => {
    const account = await openAccount(input)
    const { record, etag } = await takeOver(input, account.store, (unfinished) =>
      requirePrevious(input, account.infrastructure, unfinished),
    )
    const back: ReleaseRecord = { ...record, status: 'rolling-back' }
    await run(input, account, { record: back, etag: await account.store.write(back, etag), bundleFile: undefined })
  })

/** Prints the release under way and the environments. */
export const status = (input: ReleaseInput): Promise<void> =>
  explained(async () => {
    const { aws, clock, print } = input
    const { infrastructure, store } = await openAccount(input)
    const stored = await store.read()
    if (stored === undefined) print('No release yet.')
    else {
      const { record } = stored
      const left = record.leaseUntil - (await clock.now())
      print(
        `${record.version}: ${record.status}, ${record.strategy}, begun ${new Date(record.startedAt).toISOString()}`,
      )
      if (isUnfinished(record)) {
        const steps = record.status === 'deploying' ? stepsOf(record) : stepsBack(record)
        const next = steps.find(({ name }) => record.done[name] === undefined)
        print(`  next step: ${next?.name ?? 'none'} (${next?.title ?? ''})`)
        print(left > 0 ? `  ${record.owner} works on it` : '  nobody works on it: `resume` or `rollback`')
        if (record.failure !== undefined) print(`  stopped: ${record.failure}`)
      }
    }
    for (const environment of await listEnvironments(aws, infrastructure.ApplicationName)) {
      const isLive = hasCname(environment, infrastructure.LiveCnamePrefix) ? ', live address' : ''
      print(`  ${environment.EnvironmentName}: ${environment.VersionLabel}, ${stateText(environment)}${isLive}`)
    }
  })

async function planRecord(
  { aws, settings, clock, owner }: ReleaseInput,
  infrastructure: Infrastructure,
  { version, strategy }: DeployInput,
): Promise<ReleaseRecord> {
  const application = infrastructure.ApplicationName
  const environments = await listEnvironments(aws, application)
  const web = environments.find((each) => hasCname(each, infrastructure.LiveCnamePrefix))
  const now = await clock.now()
  const base = { id: randomUUID(), version, strategy, status: 'deploying' as const, startedAt: now, owner, done: {} }
  if (web === undefined && strategy === 'canary')
    throw new ReleaseError('There is no environment yet whose traffic could be split.', {
      remedy: 'Deploy the first release without --strategy canary.',
    })
  const colour: Colour = web?.EnvironmentName === environmentName(application, 'web', 'blue') ? 'blue' : 'green'
  const nextColour = otherColour(colour)
  const next = {
    web: environmentName(application, 'web', nextColour),
    worker: environmentName(application, 'worker', nextColour),
    cnamePrefix: web === undefined ? infrastructure.LiveCnamePrefix : `${infrastructure.LiveCnamePrefix}-${nextColour}`,
  }
  if (strategy === 'blue-green') requireNoLeftover(environments, [next.web, next.worker])
  const record: ReleaseRecord = { ...base, next, leaseUntil: now + leaseMs }
  if (web === undefined) return record
  const worker = environmentName(application, 'worker', colour)
  const workerVersion = environments.find(({ EnvironmentName: name }) => name === worker)?.VersionLabel
  if (workerVersion === undefined)
    throw new ReleaseError(`${web.EnvironmentName} serves, but its worker environment ${worker} is missing.`, {
      remedy: `Orders are not paid for without workers. Create ${worker} at version ${web.VersionLabel} first, then deploy.`,
    })
  return {
    ...record,
    live: {
      web: web.EnvironmentName,
      worker,
      versions: { web: web.VersionLabel ?? '', worker: workerVersion },
      sizes: {
        web: (await sizeOf(aws, web.EnvironmentName)) ?? settings.web.minSize,
        worker: (await sizeOf(aws, worker)) ?? settings.worker.minSize,
      },
    },
  }
}

/** Without a record of it, nothing says what an environment of the next colour is for. */
function requireNoLeftover(environments: Environment[], names: string[]): void {
  const leftover = environments.find(({ EnvironmentName: name }) => names.includes(name))
  if (leftover === undefined) return
  const { EnvironmentName: name, VersionLabel: version } = leftover
  throw new ReleaseError(`${name} (${version}, ${stateText(leftover)}) is left of an earlier release.`, {
    remedy: `See that it gets no requests, run \`aws elasticbeanstalk terminate-environment --environment-name ${name}\`, wait for its end, and deploy again.`,
  })
}

async function requirePrevious(
  { aws }: ReleaseInput,
  { ApplicationName: application }: Infrastructure,
  { live, version, strategy }: ReleaseRecord,
): Promise<void> {
  if (live === undefined || strategy === 'canary') return
  const environments = await listEnvironments(aws, application)
  const isUsable = (name: string): boolean =>
    environments.some(({ EnvironmentName: each, Status: state }) => each === name && state !== 'Terminating')
  if (isUsable(live.web) && isUsable(live.worker)) return
  throw new ReleaseError(
    `The environments of ${live.versions.web} are gone or ending: there is nothing to swap back to.`,
    {
      remedy: `Finish this release (\`npm run release -- resume\`), then deploy the previous version: \`npm run release -- deploy --version ${live.versions.web}\` from its commit. ${version} serves until then.`,
    },
  )
}

/** The record under a lease of this process, once it passes `check` and no other deployer can be alive. */
async function takeOver(
  { clock, owner, print, aws }: ReleaseInput,
  store: RecordStore,
  check: (record: ReleaseRecord) => Promise<void>,
): Promise<StoredRecord> {
  let stored = await store.read()
  if (stored === undefined || !isUnfinished(stored.record))
    throw new ReleaseError('There is no unfinished release.', {
      remedy: 'Use `npm run release -- deploy`. To go back after a finished release, deploy the previous version.',
    })
  await check(stored.record)
  const { leaseUntil } = stored.record
  const left = leaseUntil - (await clock.now())
  if (left > 0) {
    print(`${stored.record.owner} may still work on it: waiting ${durationText(left)} for the end of its lease ...`)
    await clock.sleep(left)
    stored = await store.read()
    if (stored === undefined || stored.record.leaseUntil !== leaseUntil)
      throw new ReleaseError(`${stored?.record.owner ?? 'Another deployer'} is alive and works on this release.`, {
        remedy: 'Wait for it, or end that process first.',
      })
  }
  const { failure: _, ...rest } = stored.record
  const record: ReleaseRecord = { ...rest, owner, leaseUntil: (await clock.now()) + leaseMs }
  return { record, etag: aws.isDryRun ? stored.etag : await store.write(record, stored.etag) }
}

interface Run extends StoredRecord {
  bundleFile: string | undefined
  isResumed?: boolean
}

async function run(
  input: ReleaseInput,
  { infrastructure, store }: Account,
  { record, etag, bundleFile, isResumed = false }: Run,
): Promise<void> {
  const { aws, clock, print } = input
  const lease = createLease(store, clock, { record, etag })
  const context: ReleaseContext = { ...input, infrastructure, lease, bundleFile }
  const beginning = await clock.now()
  try {
    if (lease.record.status === 'deploying') {
      const isMigrated = lease.record.done['migrate'] !== undefined
      if (isResumed && !isMigrated) await requireSafe(input, infrastructure, lease.record)
      print(`Releasing ${lease.record.version} by ${lease.record.strategy} ...`)
      await runSteps(context, stepsOf(lease.record))
      await lease.release({ status: 'released' })
      return print(
        `${aws.isDryRun ? 'Nothing was changed.' : `${lease.record.version} is released`} (${durationText((await clock.now()) - beginning)}).`,
      )
    }
    await goBack(context)
  } catch (error) {
    const reason = toReleaseError(error)
    if (!(reason instanceof WorseReleaseError) || lease.record.status !== 'deploying') return stop(context, reason)
    print(`${reason.message} Rolling back ...`)
    await lease.save({ status: 'rolling-back', failure: reason.message })
    await goBack(context).catch((failure: unknown) => stop(context, toReleaseError(failure)))
    throw reason
  }
}

async function goBack(context: ReleaseContext): Promise<void> {
  context.print(`Rolling ${context.lease.record.version} back ...`)
  await runSteps(context, stepsBack(context.lease.record))
  await context.lease.release({ status: 'rolled-back' })
  const { live } = context.lease.record
  context.print(live === undefined ? 'The first release is removed.' : `${live.versions.web} serves as before.`)
}

/** Leaves the record so that anybody can resume. @throws the reason */
async function stop({ lease }: ReleaseContext, reason: unknown): Promise<never> {
  const failure = reason instanceof Error ? reason.message : String(reason)
  // The lease may be lost, or AWS out of reach: then it expires by itself.
  await lease.release({ failure }).catch(() => undefined)
  throw reason
}

async function explained(action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    throw toReleaseError(error)
  }
}
