import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ReleaseError } from './release-error.ts'

const count = z.number().int().min(1).max(10_000)
const minutes = z
  .number()
  .min(0)
  .max(24 * 60)

const tierSchema = z.strictObject({
  /** The first is used; x86_64, as the Node of the bundle. */
  instanceTypes: z
    .array(z.string().regex(/^[a-z0-9-]+\.[a-z0-9]+$/))
    .min(1)
    .default(['m7i.large']),
  minSize: count,
  maxSize: count,
})

export const balancingAlgorithms = ['round_robin', 'least_outstanding_requests', 'weighted_random'] as const

/** The file of `--settings`: what differs between shops. Everything has a default but the shop's own names. */
export const releaseSettingsSchema = z
  .strictObject({
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-central-1'),
    /** Twelve digits: a release to another account is refused. */
    account: z.string().regex(/^\d{12}$/, 'must be the 12 digits of the account'),
    /** CloudFormation stacks whose outputs are read. */
    stacks: z.array(z.string().min(1)).min(1),
    shopUrl: z.url({ protocol: /^https$/ }),
    /** More settings of src/config.ts, none of them secret. */
    environment: z.record(z.string(), z.string()).default({}),
    balancing: z.enum(balancingAlgorithms).default('least_outstanding_requests'),
    web: tierSchema.prefault({ minSize: 3, maxSize: 12 }),
    worker: tierSchema.prefault({ minSize: 2, maxSize: 8 }),
    /** SKU that the smoke test puts into a cart; it stops before the payment. Without it the first product is taken. */
    smokeSku: z.string().min(1).optional(),
    watch: z
      .strictObject({
        minutes: minutes.min(1).default(15),
        /** Largest share of answers with status 5xx, 0 to 1. */
        errorRate: z.number().min(0).max(1).default(0.01),
        p99Ms: z.number().min(1).default(1_000),
      })
      .prefault({}),
    drain: z
      .strictObject({
        minimumMinutes: minutes.default(15),
        quietMinutes: minutes.default(5),
        limitMinutes: minutes.default(120),
      })
      .prefault({}),
    canary: z
      .strictObject({
        percent: z.number().int().min(1).max(99).default(10),
        minutes: z.number().int().min(3).max(600).default(10),
      })
      .prefault({}),
  })
  .refine(
    ({ web, worker }) => web.minSize <= web.maxSize && worker.minSize <= worker.maxSize,
    'minSize is above maxSize',
  )

export type ReleaseSettings = z.output<typeof releaseSettingsSchema>

/** @throws ReleaseError that names what is wrong with the file */
export async function readReleaseSettings(file: string): Promise<ReleaseSettings> {
  const content = await readFile(file, 'utf8').catch(() => undefined)
  if (content === undefined)
    throw new ReleaseError(`The settings file ${file} cannot be read.`, {
      remedy: 'Copy deploy/release/settings.example.json, fill in the names of your shop, and pass it with --settings.',
    })
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch {
    throw new ReleaseError(`The settings file ${file} is no JSON.`, { remedy: 'Correct it and run the command again.' })
  }
  const parsed = releaseSettingsSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new ReleaseError(`The settings file ${file} is not valid:\n${z.prettifyError(parsed.error)}`, {
    remedy: 'Correct it and run the command again; deploy/release/README.md describes each setting.',
  })
}
