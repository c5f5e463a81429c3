import { closest, distance } from 'fastest-levenshtein'
import { z } from 'zod'
import { monthlyCost, sizeNames, sizes, type SizeName } from './sizes.ts'

/** Settings of a deployment, by CDK context: `npx cdk deploy -c size=standard`, or "context" in cdk.json. */
export interface Settings {
  account: string
  region: string
  /** Three zones, such as eu-central-1a. */
  zones: readonly string[]
  /** Prefix of all names. */
  name: string
  size: SizeName
  alarmEmail: string
  /** Public host name of the shop and the Route 53 zone that holds it; without it there is no HTTPS. */
  domain: { name: string; zoneId: string; zoneName: string } | undefined
  budgetUsd: number
}

/** Settings that cannot be deployed. The message names each with its remedy. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** Regions in which an account's three zones are not called a, b and c for certain. */
const regionsWithOtherZones = ['ap-northeast-1', 'ca-central-1', 'us-west-1']
/** Regions whose zones are fewer than three. */
const regionsWithTwoZones = ['us-west-1']

const hostName = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/

const contextSchema = z.object({
  account: z
    .string(
      'is missing. Log in, so that `aws sts get-caller-identity` shows your account, or add -c account=<12 digits>.',
    )
    .regex(/^\d{12}$/, 'must be the 12 digits of an AWS account, as `aws sts get-caller-identity` shows it.'),
  region: z
    .string('is missing. Set AWS_REGION, or add -c region=<region>, such as -c region=eu-central-1.')
    .regex(
      /^[a-z]{2}(-[a-z]+)+-\d$/,
      'must be the code of an AWS region, such as eu-central-1 (not a zone, such as eu-central-1a).',
    )
    .refine(
      (region) => !region.startsWith('cn-') && !region.includes('-gov-'),
      'is in the partition of China or GovCloud, where these stacks were never tried. Choose another.',
    )
    .refine(
      (region) => !regionsWithTwoZones.includes(region),
      'has two zones, and the shop needs three. Choose another.',
    ),
  zones: z
    .string()
    .transform((text) => text.split(',').map((zone) => zone.trim()))
    .refine(
      (zones) => zones.length === 3 && new Set(zones).size === 3,
      'must be three different zones separated by commas, such as eu-central-1a,eu-central-1b,eu-central-1c.',
    )
    .optional(),
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{1,18}[a-z0-9]$/,
      'must be 3 to 20 lower-case letters, digits and hyphens, and begin with a letter.',
    )
    .default('holdfast'),
  size: z.enum(
    sizeNames,
    `must be one of ${sizeNames.join(', ')}: add -c size=small. deploy/aws/sizes.ts says what each is for.`,
  ),
  alarmEmail: z.email(
    'must be the address that alarms are sent to: add -c alarmEmail=<address>. Without it nobody learns of a failure.',
  ),
  domain: z
    .string()
    .regex(hostName, 'must be a host name in lower case, such as shop.example.com (no https://, no path).')
    .optional(),
  hostedZoneId: z
    .string()
    .regex(
      /^Z[A-Z0-9]{8,31}$/,
      'must be the id of a Route 53 hosted zone, such as Z0123456789ABCDEFGHIJ (`aws route53 list-hosted-zones`).',
    )
    .optional(),
  hostedZoneName: z.string().regex(hostName, 'must be the name of the hosted zone, such as example.com.').optional(),
  budgetUsd: z.coerce
    .number('must be a number of US dollars a month.')
    .min(1, 'must be at least 1 US dollar a month.')
    .optional(),
})

type Context = z.output<typeof contextSchema>
export type ContextKey = keyof typeof contextSchema.shape
export const contextKeys = Object.keys(contextSchema.shape) as ContextKey[]

/** What is wrong with settings that are right one by one. */
function contradictions(
  { account, region, zones, domain, hostedZoneId, hostedZoneName, alarmEmail }: Context,
  loggedIn: string | undefined,
): string[] {
  const problems: string[] = []
  if (loggedIn !== undefined && loggedIn !== account)
    problems.push(
      `account: is ${account}, but the credentials are of ${loggedIn}. Log in to the account that you mean, or correct -c account.`,
    )
  if (zones === undefined && regionsWithOtherZones.includes(region))
    problems.push(
      `zones: is missing. The zones of ${region} differ between accounts: add -c zones=<three zones>, of \`aws ec2 describe-availability-zones\`.`,
    )
  if (zones?.some((zone) => !zone.startsWith(region) || !/^[a-z]$/.test(zone.slice(region.length))) === true)
    problems.push(`zones: must be zones of ${region}, such as ${region}a,${region}b,${region}c.`)
  if (domain === undefined && (hostedZoneId ?? hostedZoneName) !== undefined)
    problems.push(
      'domain: is missing. A hosted zone was named: add -c domain=<host name of the shop>, or leave out the zone.',
    )
  if (domain !== undefined && hostedZoneId === undefined)
    problems.push(
      `hostedZoneId: is missing. The certificate of ${domain} is proved by a record in its Route 53 zone: add -c hostedZoneId=<id> (\`aws route53 list-hosted-zones\`), or leave out the domain.`,
    )
  if (
    domain !== undefined &&
    hostedZoneName !== undefined &&
    domain !== hostedZoneName &&
    !domain.endsWith(`.${hostedZoneName}`)
  )
    problems.push(`hostedZoneName: ${domain} is not within ${hostedZoneName}. Name the zone that holds the domain.`)
  if (/@example\.(com|org|net)$/.test(alarmEmail))
    problems.push('alarmEmail: is the address of an example. Name an address that is read.')
  return problems
}

/** Context keys that are probably settings written wrongly. */
function mistyped(context: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(context).flatMap((key) => {
    if (/[:/@]/.test(key) || contextKeys.some((known) => known === key)) return []
    const meant = closest(
      key.toLowerCase(),
      contextKeys.map((known) => known.toLowerCase()),
    )
    const known = contextKeys.find((name) => name.toLowerCase() === meant) ?? ''
    return distance(key.toLowerCase(), meant) <= 3 ? [`${key}: is no setting. Was ${known} meant?`] : []
  })
}

/**
 * Reads the settings before anything is synthesised.
 * @param context of the CDK app
 * @param env CDK_DEFAULT_ACCOUNT and CDK_DEFAULT_REGION are set by the CDK command from the credentials
 * @throws SettingsError that names every wrong or missing setting with its remedy
 */
export function readSettings(
  context: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>> = {},
): Settings {
  const given = Object.fromEntries(
    contextKeys.flatMap((key) => {
      const value = context[key]
      return value === undefined || value === null || value === ''
        ? []
        : [[key, typeof value === 'string' ? value.trim() : JSON.stringify(value)]]
    }),
  )
  const loggedIn = env['CDK_DEFAULT_ACCOUNT']
  const parsed = contextSchema.safeParse({
    ...(loggedIn !== undefined && { account: loggedIn }),
    ...(env['CDK_DEFAULT_REGION'] !== undefined && { region: env['CDK_DEFAULT_REGION'] }),
    ...given,
  })
  const typos = mistyped(context)
  if (!parsed.success)
    throw settingsError([...parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`), ...typos])
  const problems = [...contradictions(parsed.data, loggedIn), ...typos]
  if (problems.length > 0) throw settingsError(problems)
  const { account, region, zones, name, size, alarmEmail, domain, hostedZoneId, hostedZoneName, budgetUsd } =
    parsed.data
  return {
    account,
    region,
    name,
    size,
    alarmEmail,
    zones: zones ?? ['a', 'b', 'c'].map((letter) => `${region}${letter}`),
    domain:
      domain === undefined || hostedZoneId === undefined
        ? undefined
        : { name: domain, zoneId: hostedZoneId, zoneName: hostedZoneName ?? domain },
    // Half as much again: traffic, storage and more instances than the lowest number.
    budgetUsd: budgetUsd ?? Math.ceil(monthlyCost(sizes[size]) * 0.15) * 10,
  }
}

const settingsError = (problems: readonly string[]): SettingsError =>
  new SettingsError(
    `These settings cannot be deployed:\n${problems.map((problem) => `  ${problem}`).join('\n')}\nNothing was changed. All settings: deploy/aws/README.md.`,
  )
