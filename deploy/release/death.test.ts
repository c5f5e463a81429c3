import { describe, expect, it } from 'vitest'
import {
  changesOf,
  createFakeAccount,
  released,
  stateOf,
  untouched,
  type FakeAccount,
} from './fake/fake-account.fixture.ts'
import { afterLeaseMs } from './fake/world.ts'
import { ReleaseError } from './release-error.ts'
import { deploy, resume, rollback } from './release.ts'
import { stepsBack, stepsOf } from './steps/index.ts'

const lineOf = ({ name, title }: { name: string; title: string }): string => `${name.padEnd(20)} ${title}`

/** Steps in which a release of the test works; the last of them was done before, as the size is the minimum. */
const steps = stepsOf({ strategy: 'blue-green' }).filter(({ name }) => name !== 'settle-worker')
const stepsAfterReturn = ['terminate-old-web', 'settle-web']

const calls = [
  's3 PutObject bundle',
  'elasticbeanstalk CreateApplicationVersion',
  'elasticbeanstalk CreateEnvironment',
  'elasticloadbalancing ModifyTargetGroupAttributes',
  'wafv2 AssociateWebACL',
  'elasticbeanstalk SwapEnvironmentCNAMEs',
  'elasticbeanstalk TerminateEnvironment',
  'elasticbeanstalk UpdateEnvironment',
]

/** Calls that make a difference when they are made twice. */
const timesOf = (account: FakeAccount) => {
  const times = (name: string) => changesOf(account).filter((call) => call.endsWith(name)).length
  return {
    created: times('CreateEnvironment'),
    swapped: times('SwapEnvironmentCNAMEs'),
    terminated: times('TerminateEnvironment'),
  }
}

/** A deployer that stops, without dying, where a step begins. */
async function stopAt(account: FakeAccount, step: string, strategy: 'blue-green' | 'canary' = 'blue-green') {
  const print = (line: string): void => {
    if (new RegExp(`\\d/\\d+ ${step} `).test(line)) throw new ReleaseError(`stopped at ${step}`, { remedy: '' })
  }
  await expect(deploy(account.input({ print }), { ...account.deployment, strategy })).rejects.toThrow(
    `stopped at ${step}`,
  )
}

describe('a deployer that is killed', () => {
  it.each(steps.map((step) => [step.name, step] as const))(
    'when %s begins is resumed by another, which repeats nothing',
    async (_, step) => {
      await using account = await createFakeAccount()
      const { signal, output } = await account.spawnDeployer({ killAt: lineOf(step) }).ended
      expect(signal, output).toBe('SIGKILL')
      account.world.advance(afterLeaseMs)
      await resume(account.input(), { version: 'v2', file: account.deployment.bundleFile ?? '' })
      expect(stateOf(account)).toEqual(released)
      expect(timesOf(account)).toEqual({ created: 2, swapped: 1, terminated: 2 })
    },
  )

  it.each(calls)(
    'after %s took effect, before its answer, is resumed by another, which repeats nothing',
    async (call) => {
      await using account = await createFakeAccount()
      const deployer = account.spawnDeployer()
      account.world.faults.loseAnswer = { call, onLost: deployer.kill }
      const { signal, output } = await deployer.ended
      expect(signal, output).toBe('SIGKILL')
      account.world.advance(afterLeaseMs)
      await resume(account.input(), { version: 'v2', file: account.deployment.bundleFile ?? '' })
      expect(stateOf(account)).toEqual(released)
      expect(timesOf(account)).toEqual({ created: 2, swapped: 1, terminated: 2 })
    },
  )

  it.each(stepsBack({ strategy: 'blue-green' }).map((step) => [step.name, step] as const))(
    'while it rolls back, when %s begins, is resumed by another',
    async (_, step) => {
      await using account = await createFakeAccount()
      await stopAt(account, 'watch')
      const { signal, output } = await account.spawnDeployer({ args: ['rollback'], killAt: lineOf(step) }).ended
      expect(signal, output).toBe('SIGKILL')
      account.world.advance(afterLeaseMs)
      await resume(account.input())
      expect(stateOf(account)).toEqual(untouched)
    },
  )

  it('counts as alive until its lease is over', async () => {
    await using account = await createFakeAccount()
    const { signal } = await account.spawnDeployer({ killAt: 'create-web ' }).ended
    expect(signal).toBe('SIGKILL')
    await expect(deploy(account.input(), account.deployment)).rejects.toThrow(/deployer \d+ releases v2 right now/)
    const before = account.world.now
    await resume(account.input())
    expect(account.lines[0]).toMatch(/deployer \d+ may still work on it: waiting/)
    expect(account.world.now - before).toBeGreaterThan(0)
    expect(stateOf(account)).toEqual(released)
  })
})

describe('a rollback', () => {
  it.each(steps.map(({ name }) => name).filter((name) => !stepsAfterReturn.includes(name)))(
    'from %s restores what served before',
    async (step) => {
      await using account = await createFakeAccount()
      await stopAt(account, step)
      await rollback(account.input())
      expect(stateOf(account)).toEqual(untouched)
    },
  )

  it.each(stepsAfterReturn)('from %s is refused, and the release can be finished', async (step) => {
    await using account = await createFakeAccount()
    await stopAt(account, step)
    const before = stateOf(account)
    await expect(rollback(account.input())).rejects.toThrow('there is nothing to swap back to')
    expect(stateOf(account)).toEqual(before)
    await resume(account.input())
    expect(stateOf(account)).toEqual(released)
  })

  it.each(['update-worker', 'update-web', 'watch'])('of a canary from %s restores what served before', async (step) => {
    await using account = await createFakeAccount()
    await stopAt(account, step, 'canary')
    await rollback(account.input())
    expect(stateOf(account)).toEqual(untouched)
  })

  it('of the first release removes it', async () => {
    await using account = await createFakeAccount({ isEmpty: true })
    await stopAt(account, 'watch')
    await rollback(account.input())
    expect(stateOf(account)).toEqual([])
  })

  it('is followed by another release', async () => {
    await using account = await createFakeAccount()
    await stopAt(account, 'smoke')
    await rollback(account.input())
    await deploy(account.input(), { ...account.deployment, version: 'v3' })
    expect(stateOf(account)).toEqual(released.map((line) => line.replace('v2', 'v3')))
  })
})

describe('of two deployers', () => {
  it('that begin at the same time one releases, and the other stops before it acts', async () => {
    await using account = await createFakeAccount()
    const both = ['ada', 'bob'].map((owner) => deploy(account.input({ owner }), account.deployment))
    const ended = await Promise.allSettled(both)
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const lost = ended.find((each) => each.status === 'rejected')
    expect(String(lost?.reason)).toMatch(/Another deployer|releases v2 right now/)
    expect(stateOf(account)).toEqual(released)
    expect(timesOf(account)).toEqual({ created: 2, swapped: 1, terminated: 2 })
  })

  it('the one that was suspended longer than its lease stops when it wakes', async () => {
    await using account = await createFakeAccount()
    const input = account.input({ owner: 'ada' })
    let hasSlept = false
    const suspended = deploy(
      {
        ...input,
        clock: {
          ...input.clock,
          async sleep(ms) {
            if (hasSlept || account.world.find('holdfast-web-green') === undefined) return input.clock.sleep(ms)
            hasSlept = true
            account.world.advance(afterLeaseMs)
            await resume(account.input({ owner: 'bob' }))
          },
        },
      },
      account.deployment,
    )
    await expect(suspended).rejects.toThrow('Another deployer has taken over this release')
    expect(stateOf(account)).toEqual(released)
    expect(timesOf(account)).toEqual({ created: 2, swapped: 1, terminated: 2 })
  })

  it('the one in a step longer than its lease keeps it by its heartbeat', async () => {
    await using account = await createFakeAccount()
    const migrate = async (): Promise<void> => {
      for (let minute = 0; minute < 10; minute += 1) {
        account.world.advance(60_000)
        for (const beat of account.heartbeats) beat()
        await expect(deploy(account.input({ owner: 'bob' }), account.deployment)).rejects.toThrow('ada releases v2')
      }
    }
    await deploy(account.input({ owner: 'ada', migrate }), account.deployment)
    expect(stateOf(account)).toEqual(released)
  })
})
