import { CfnOutput, Stack, Tags, Validations, type App } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import { outputs, stackName, type OutputName, type StackName } from './outputs.ts'
import type { Settings } from './settings.ts'
import { sizes, type Size } from './sizes.ts'

/** A stack of the shop: its zones are settings, so that synthesis needs no account, and it cannot be deleted by mistake. */
export class ShopStack extends Stack {
  readonly settings: Settings
  readonly size: Size
  readonly #stack: StackName

  constructor(app: App, stack: StackName, settings: Settings, description: string) {
    super(app, stackName(settings.name, stack), {
      env: { account: settings.account, region: settings.region },
      description,
      terminationProtection: true,
    })
    this.settings = settings
    this.size = sizes[settings.size]
    this.#stack = stack
    Tags.of(this).add('shop', settings.name)
    Tags.of(this).add('part', stack)
    Tags.of(this).add('managed-by', 'deploy/aws')
  }

  override get availabilityZones(): string[] {
    return [...this.settings.zones]
  }

  /** A physical name: `<shop>-<what>`. */
  nameOf(what: string): string {
    return `${this.settings.name}-${what}`
  }

  /** Writes values that the release command reads; the list of names is outputs.ts. */
  writeOutputs(values: Partial<Record<OutputName, string>>): void {
    for (const [name, value] of Object.entries(values) as [OutputName, string][]) {
      if (outputs[name] !== this.#stack) throw new Error(`outputs.ts: ${name} belongs to the stack ${outputs[name]}`)
      new CfnOutput(this, `Output${name}`, { value }).overrideLogicalId(name)
    }
  }
}

/** Accepts a finding of cdk-nag at a resource, and says why. */
export function acknowledge(construct: IConstruct, findings: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(findings)) Validations.of(construct).acknowledge({ id, reason })
}
