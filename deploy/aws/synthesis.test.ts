import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CfnResource, Stack } from 'aws-cdk-lib'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { addChecks, buildShop, createApp } from './app.ts'
import { optionalOutputs, outputs } from './outputs.ts'
import { resourcesOf, sampleSettings, sampleWithoutDomain, templatesOf } from './sample.fixture.ts'

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
    expect(() => app.synth()).toThrow(/AwsSolutions-S1/)
  })

  test('A property that CloudFormation does not know fails', async () => {
    const app = await temporaryApp()
    new CfnResource(new Stack(app, 'faulty'), 'Queue', { type: 'AWS::SQS::Queue', properties: { NoSuchProperty: 1 } })
    expect(() => app.synth()).toThrow(/NoSuchProperty/)
  })

  test('Every stack carries a description and cannot be deleted by mistake', () => {
    for (const stack of Object.values(buildShop(createApp(), sampleSettings()))) {
      expect(stack.terminationProtection).toBe(true)
      expect(stack.templateOptions.description).toMatch(/^Holdfast: /)
    }
  })

  test.each([
    ['network', 'AWS::EC2::VPC'],
    ['data', 'AWS::RDS::DBCluster'],
    ['application', 'AWS::SQS::Queue'],
    ['monitoring', 'AWS::SNS::Topic'],
  ] as const)('Resources of the stack %s carry the tags of the shop, for its bill', (part, type) => {
    const tags = resourcesOf(templatesOf(sampleSettings())[part], type).map(([, { Tags }]) => Tags)
    expect(tags).not.toEqual([])
    for (const each of tags)
      expect(each).toEqual(
        expect.arrayContaining([
          { Key: 'shop', Value: 'holdfast' },
          { Key: 'part', Value: part },
        ]),
      )
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
