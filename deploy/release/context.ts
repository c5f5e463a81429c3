import type { Aws } from './aws.ts'
import { durationText, type Clock } from './clock.ts'
import { findEnvironment, type Environment } from './environments.ts'
import { isNotReady } from './aws-error.ts'
import type { Infrastructure } from './infrastructure.ts'
import type { Lease } from './record.ts'
import { ReleaseError } from './release-error.ts'
import type { ReleaseSettings } from './release-settings.ts'
import type { SmokeTarget } from './smoke.ts'

/** What a release calls outside AWS. */
export interface Collaborators {
  clock: Clock
  print(line: string): void
  /** @throws ReleaseError when the migrations between this version and the running one could break the older of them */
  checkMigrations(version: string, running: string | undefined): Promise<void>
  /** Migrates the database to this version; safe to repeat. */
  migrate(version: string): Promise<void>
  smokeTest(target: SmokeTarget): Promise<void>
}

/** What a step works with. */
export interface ReleaseContext extends Collaborators {
  aws: Aws
  settings: ReleaseSettings
  infrastructure: Infrastructure
  lease: Lease
  /** File of the bundle; undefined where a release is resumed on a machine that does not have it. */
  bundleFile: string | undefined
}

/** A step of a release. It may run again after its deployer died in the middle. */
export interface Step {
  name: string
  /** What it does, for people. */
  title: string
  /** Whether the world shows that it was done; without it only the record does. */
  isDone?(context: ReleaseContext): Promise<boolean>
  run(context: ReleaseContext): Promise<void>
}

export interface WaitOptions {
  /** Completes "waiting for ...". */
  what: string
  timeoutMs: number
  everyMs?: number
  /** @returns true when it holds, otherwise the present state for people */
  check(): Promise<true | string>
  /** What to do when the time is over. */
  remedy: string
}

const defaultEveryMs = 15_000
const printEveryMs = 60_000

/** Polls, renews the lease, and prints a line a minute. @throws ReleaseError after the timeout */
export async function waitUntil(context: ReleaseContext, options: WaitOptions): Promise<void> {
  const { clock, print, aws, lease } = context
  const { what, timeoutMs, everyMs = defaultEveryMs, check, remedy } = options
  if (aws.isDryRun) return print(`  would wait for ${what}, for at most ${durationText(timeoutMs)}`)
  const startedAt = await clock.now()
  let printedAt = startedAt
  for (;;) {
    const state = await check()
    if (state === true) return
    const now = await clock.now()
    if (now - startedAt >= timeoutMs)
      throw new ReleaseError(`Waited ${durationText(timeoutMs)} in vain for ${what}: ${state}.`, { remedy })
    if (now - printedAt >= printEveryMs) {
      print(`      waiting for ${what}: ${state} (${durationText(now - startedAt)})`)
      printedAt = now
    }
    await clock.sleep(everyMs)
    await lease.renew()
  }
}

/** Repeats a call while Beanstalk says that another operation holds the environment. */
export async function whenReady(context: ReleaseContext, name: string, call: () => Promise<unknown>): Promise<void> {
  if (context.aws.isDryRun) return void (await call())
  await waitUntil(context, {
    what: `${name} to accept the operation`,
    timeoutMs: 20 * 60_000,
    remedy: `Another operation holds ${name}: end it (\`aws elasticbeanstalk abort-environment-update --environment-name ${name}\` where it is an update), then \`npm run release -- resume\`.`,
    check: () =>
      call().then(
        () => true as const,
        (error: unknown) => {
          if (isNotReady(error)) return 'another operation is in progress'
          throw error
        },
      ),
  })
}

/** @throws ReleaseError when it does not exist; in a dry run a stand-in */
export async function requireEnvironment(context: ReleaseContext, name: string): Promise<Environment> {
  const found = await findEnvironment(context.aws, context.infrastructure.ApplicationName, name)
  if (found !== undefined) return found
  if (context.aws.isDryRun) return { EnvironmentName: name, CNAME: `<address of ${name}>` }
  throw new ReleaseError(`The environment ${name} is gone: something else has terminated it.`, {
    remedy: 'Run `npm run release -- rollback`, then deploy again.',
  })
}
