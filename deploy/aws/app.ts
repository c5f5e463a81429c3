import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { ApplicationStack } from './application-stack.ts'
import cdkJson from './cdk.json' with { type: 'json' }
import { DataStack } from './data-stack.ts'
import { MonitoringStack } from './monitoring-stack.ts'
import { NetworkStack } from './network-stack.ts'
import type { Settings } from './settings.ts'

/** The stacks of a shop, by what a mistake in one of them can break. */
export interface Shop {
  network: NetworkStack
  data: DataStack
  application: ApplicationStack
  monitoring: MonitoringStack
}

export function buildShop(app: App, settings: Settings): Shop {
  const network = new NetworkStack(app, settings)
  const data = new DataStack(app, settings, network)
  const application = new ApplicationStack(app, settings, data)
  const monitoring = new MonitoringStack(app, settings, data)
  return { network, data, application, monitoring }
}

/** Synthesis fails on findings that no resource acknowledges. */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
}

/** An app with the feature flags of cdk.json, also where the CDK command did not start it; findings of the template validator fail. */
export const createApp = (options: { context?: Record<string, unknown>; outdir?: string } = {}): App =>
  new App({ ...options, context: { ...cdkJson.context, ...options.context } })
