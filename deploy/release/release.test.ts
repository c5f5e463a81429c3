import { describe, expect, it } from 'vitest'
import {
  changesOf,
  createFakeAccount,
  released,
  stateOf,
  untouched,
  type FakeAccount,
} from './fake/fake-account.fixture.ts'
import { deploy, plan, resume, rollback, status } from './release.ts'

describe('a release', () => {
  it('replaces the running environments, and leaves the new ones at their minimum', async () => {
    await using account = await createFakeAccount()
    await deploy(account.input(), account.deployment)
    expect(stateOf(account)).toEqual(released)
    expect(account.done).toEqual([
      'check migrations',
      'migrate',
      'smoke holdfast-shop-green.eu-central-1.elasticbeanstalk.com',
    ])
    const web = account.world.find('holdfast-web-green')
    expect(web?.options.get('aws:autoscaling:asg MinSize')).toBe('3')
    expect(web?.size).toBe(5)
    expect(web?.webAcl).toBe(account.world.outputs['WebAclArn'])
    expect(web?.attributes.get('load_balancing.algorithm.type')).toBe('least_outstanding_requests')
  })

  it('keeps the old environment until nobody uses its address, for 15 minutes at least', async () => {
    await using account = await createFakeAccount()
    account.world.tailMs = 40 * 60_000
    await deploy(account.input(), account.deployment)
    const drained = account.lines.find((line) => /drain-old +done in/.test(line))
    expect(Number(/done in (\d+) min/.exec(drained ?? '')?.[1])).toBeGreaterThanOrEqual(28)
  })

  it('calls in the order of the design: migrations before environments, workers first, firewall before swap', async () => {
    await using account = await createFakeAccount()
    await deploy(account.input(), account.deployment)
    const calls = changesOf(account)
    expect(calls).toEqual([
      'elasticbeanstalk CreateStorageLocation',
      's3 PutObject bundle',
      'elasticbeanstalk CreateApplicationVersion',
      'elasticbeanstalk CreateEnvironment',
      'elasticbeanstalk CreateEnvironment',
      'elasticloadbalancing ModifyTargetGroupAttributes',
      'wafv2 AssociateWebACL',
      'elasticbeanstalk SwapEnvironmentCNAMEs',
      'elasticbeanstalk TerminateEnvironment',
      'elasticbeanstalk TerminateEnvironment',
      'elasticbeanstalk UpdateEnvironment',
    ])
  })

  it('alternates colours from release to release', async () => {
    await using account = await createFakeAccount()
    await deploy(account.input(), account.deployment)
    await deploy(account.input(), { ...account.deployment, version: 'v3' })
    expect(stateOf(account)).toEqual(['holdfast-web-blue v3 Ready live', 'holdfast-worker-blue v3 Ready'])
  })

  it('creates the first environments with the live address, without a swap', async () => {
    await using account = await createFakeAccount({ isEmpty: true })
    await deploy(account.input(), account.deployment)
    expect(stateOf(account)).toEqual(['holdfast-web-blue v2 Ready live', 'holdfast-worker-blue v2 Ready'])
    expect(account.world.calls).not.toContain('elasticbeanstalk SwapEnvironmentCNAMEs')
  })

  it('prints a line for each step, and what it waits for', async () => {
    await using account = await createFakeAccount()
    await deploy(account.input(), account.deployment)
    expect(account.lines.join('\n')).toMatch(/ 5\/\d+ create-web +create the new web environment/)
    expect(account.lines.join('\n')).toMatch(
      /waiting for holdfast-worker-green to be Ready: Launching, health Pending \(\d+ min/,
    )
  })

  it('goes back by itself when the new version fails more often', async () => {
    await using account = await createFakeAccount()
    account.world.faults.worse = { version: 'v2', failureShare: 0.05, p99Seconds: 0.1 }
    await expect(deploy(account.input(), account.deployment)).rejects.toThrow(/requests failed/)
    expect(stateOf(account)).toEqual(untouched)
  })

  it('goes back by itself when the new version is slow', async () => {
    await using account = await createFakeAccount()
    account.world.faults.worse = { version: 'v2', failureShare: 0, p99Seconds: 3 }
    await expect(deploy(account.input(), account.deployment)).rejects.toThrow('p99 is 3000 ms')
    expect(stateOf(account)).toEqual(untouched)
  })

  it('that went back keeps the new environment until its late visitors have left', async () => {
    await using account = await createFakeAccount()
    account.world.faults.worse = { version: 'v2', failureShare: 1, p99Seconds: 0.1 }
    await expect(deploy(account.input(), account.deployment)).rejects.toThrow('requests failed')
    expect(account.lines.find((line) => /drain-new +done in/.test(line))).toMatch(/done in (1[5-9]|[2-9]\d) min/)
  })
})

describe('a canary', () => {
  const canary = (account: FakeAccount) => ({ ...account.deployment, strategy: 'canary' as const })

  it('shifts the traffic inside the running environments', async () => {
    await using account = await createFakeAccount()
    await deploy(account.input(), canary(account))
    expect(stateOf(account)).toEqual(['holdfast-web-blue v2 Ready live', 'holdfast-worker-blue v2 Ready'])
    const web = account.world.find('holdfast-web-blue')
    expect(web?.options.get('aws:elasticbeanstalk:command DeploymentPolicy')).toBe('TrafficSplitting')
    expect(account.world.calls).not.toContain('elasticbeanstalk CreateEnvironment')
  })

  it('that Beanstalk takes back stops, and is rolled back', async () => {
    await using account = await createFakeAccount()
    account.world.faults.takenBack = 'v2'
    await expect(deploy(account.input(), canary(account))).rejects.toThrow(
      'took the update of holdfast-worker-blue back',
    )
    await rollback(account.input())
    expect(stateOf(account)).toEqual(untouched)
  })

  it('that serves worse goes back by itself', async () => {
    await using account = await createFakeAccount()
    account.world.faults.worse = { version: 'v2', failureShare: 0.5, p99Seconds: 0.1 }
    await expect(deploy(account.input(), canary(account))).rejects.toThrow('requests failed')
    expect(stateOf(account)).toEqual(untouched)
  })
})

describe('looking', () => {
  it('a plan changes nothing and names the environments', async () => {
    await using account = await createFakeAccount()
    await plan(account.input(), account.deployment)
    expect(changesOf(account)).toEqual([])
    expect(account.world.objects.size).toBe(0)
    expect(account.lines.join('\n')).toContain('is created: holdfast-web-green, holdfast-worker-green')
    expect(account.lines.join('\n')).toContain('6.10.0')
  })

  it('a dry run prints each call that would change something, and makes none', async () => {
    await using account = await createFakeAccount()
    await deploy(account.input({ isDryRun: true }), account.deployment)
    expect(changesOf(account)).toEqual([])
    expect(account.world.objects.size).toBe(0)
    const printed = account.lines.filter((line) => line.includes('would call')).map((line) => line.trim().split(' ')[3])
    expect(printed).toEqual([
      'CreateStorageLocation',
      'PutObject',
      'CreateApplicationVersion',
      'CreateEnvironment',
      'CreateEnvironment',
      'ModifyTargetGroupAttributes',
      'AssociateWebACL',
      'SwapEnvironmentCNAMEs',
      'TerminateEnvironment',
      'TerminateEnvironment',
      'UpdateEnvironment',
      'UpdateEnvironment',
    ])
    expect(account.done).toEqual(['check migrations'])
    expect(stateOf(account)).toEqual(untouched)
  })

  it('the status names the step that is next, why it stopped, and where the live address points', async () => {
    await using account = await createFakeAccount()
    const fails = async () => {
      throw new Error('the catalog is empty')
    }
    await expect(deploy(account.input({ smokeTest: fails }), account.deployment)).rejects.toThrow('catalog')
    await status(account.input())
    const text = account.lines.join('\n')
    expect(text).toContain('next step: smoke')
    expect(text).toContain('stopped: the catalog is empty')
    expect(text).toContain('holdfast-web-blue: v1, Ready, health Ok, live address')
    await resume(account.input(), undefined)
    expect(stateOf(account)).toEqual(released)
  })
})
