import { z } from 'zod'

/** Beanstalk's limit of a source bundle, bytes. */
export const bundleMaxBytes = 512 * 2 ** 20

/** Ending of the version of a bundle that has uncommitted changes. */
export const dirtySuffix = '-dirty'

/** Description in the bundle, as release.json. */
export const bundleDescriptionSchema = z.object({
  /** Label of the application version: time and id of the commit. */
  version: z.string().min(1).max(100),
  revision: z.string(),
  node: z.string(),
  arch: z.string(),
})

export type BundleDescription = z.output<typeof bundleDescriptionSchema>
