import { Template } from 'aws-cdk-lib/assertions'
import { buildShop, createApp } from './app.ts'
import { readSettings, type Settings } from './settings.ts'

const domain = { domain: 'shop.example.org', hostedZoneId: 'Z0123456789ABCDEFGHIJ', hostedZoneName: 'example.org' }

/** Settings of a shop that belongs to no account. */
export const sampleSettings = (context: Record<string, string> = {}): Settings =>
  readSettings({
    account: '123456789012',
    region: 'eu-central-1',
    size: 'small',
    alarmEmail: 'alarms@shop.test',
    ...domain,
    ...context,
  })

export const sampleWithoutDomain = (context: Record<string, string> = {}): Settings =>
  sampleSettings({ ...context, domain: '', hostedZoneId: '', hostedZoneName: '' })

export type Templates = Record<'network' | 'data' | 'application' | 'monitoring', Template>

/** What CloudFormation would get. */
export function templatesOf(settings: Settings): Templates {
  const { network, data, application, monitoring } = buildShop(createApp(), settings)
  return {
    network: Template.fromStack(network),
    data: Template.fromStack(data),
    application: Template.fromStack(application),
    monitoring: Template.fromStack(monitoring),
  }
}

/** Properties of a resource, as far as a test reads them. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Properties = any

/** Properties of all resources of a type, by logical id. */
export const resourcesOf = (template: Template, type: string): [string, Properties][] =>
  Object.entries(template.findResources(type)).map(([id, { Properties: properties }]) => [id, properties])

/** Statements of all policies of a stack that belong to a role, by the beginning of its logical id. */
export const statementsOf = (template: Template, role: string): Properties[] =>
  resourcesOf(template, 'AWS::IAM::Policy')
    .filter(([id]) => id.startsWith(role))
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement)

export const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value])
