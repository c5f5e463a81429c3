import type { PlantName } from './patches.ts'

const preload = new URL('preload.ts', import.meta.url).href

export interface PlantOptions {
  /** How often a failpoint strikes, 0 to 1; always unless given. */
  share?: number
  /** How many times it is passed before it may strike. */
  after?: number
}

/** The environment of a process of the shop in which these bugs, or failpoints, are planted. */
export const plant = (
  names: readonly PlantName[],
  { share = 1, after = 0 }: PlantOptions = {},
): Record<string, string> => ({
  NODE_OPTIONS: `--import=${preload}`,
  // What is changed while it is loaded must not be kept for others.
  NODE_DISABLE_COMPILE_CACHE: '1',
  PLANT: names.join(','),
  PLANT_SHARE: String(share),
  PLANT_AFTER: String(after),
})
