import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Stack } from 'aws-cdk-lib'
import { CfnSubnet, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { addChecks, buildShop, createApp } from './app.ts'
import { optionalOutputs, outputs } from './outputs.ts'
import { sampleSettings, sampleWithoutDomain, templatesOf } from './sample.fixture.ts'

async function temporaryApp() {
  const outdir = await mkdtemp(join(tmpdir(), 'holdfast-stacks-'))
  onTestFinished(() => rm(outdir, { recursive: true, force: true }))
  const app = createApp({ outdir })
  addChecks(app)
  return app
}

describe('Synthesis', () => {
  test('A finding of cdk-nag that no resource acknowledges fails', async () => {
    const app = await temporaryApp()
    new Bucket(new Stack(app, 'faulty'), 'Bucket')
    expect(() => app.synth()).toThrow(/validation failed/i)
  })

  test('A finding of the template validator fails', async () => {
    const app = await temporaryApp()
    const stack = new Stack(app, 'faulty')
    const vpc = new Vpc(stack, 'Vpc', { availabilityZones: ['x-1a'], restrictDefaultSecurityGroup: false })
    new CfnSubnet(stack, 'Subnet', { vpcId: vpc.vpcId, cidrBlock: 'no block' })
    expect(() => app.synth()).toThrow(/validation failed/i)
  })

  test('Every stack carries the tags of the shop and cannot be deleted by mistake', () => {
    for (const [part, stack] of Object.entries(buildShop(createApp(), sampleSettings()))) {
      expect(stack.terminationProtection).toBe(true)
      expect(stack.tags.tagValues()).toMatchObject({ shop: 'holdfast', part, 'managed-by': 'deploy/aws' })
    }
  })
})

describe('Outputs', () => {
  const written = (settings: ReturnType<typeof sampleSettings>): string[] =>
    Object.entries(templatesOf(settings)).flatMap(([stack, template]) =>
      Object.keys(template.findOutputs('*'))
        .filter((name) => !/^(ExportsOutput|PublishOutput)/.test(name))
        .map((name) => `${stack}.${name}`),
    )
  const listed = Object.entries(outputs).map(([name, stack]) => `${stack}.${name}`)

  test('The stacks write every output of the list, and no other', () => {
    expect(written(sampleSettings()).toSorted()).toEqual(listed.toSorted())
  })

  test('A shop without a domain lacks the optional outputs only', () => {
    const optional = optionalOutputs.map((name) => `${outputs[name]}.${name}`)
    expect(written(sampleWithoutDomain()).toSorted()).toEqual(
      listed.filter((name) => !optional.includes(name)).toSorted(),
    )
  })
})
