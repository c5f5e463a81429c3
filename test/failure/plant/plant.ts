import type { PlantName } from './patches.ts'

const preload = new URL('preload.ts', import.meta.url).href

export interface PlantOptions {
  /** Probability that a failpoint fires, 0 to 1; default 1. */
  probability?: number
  /** Number of passes before a failpoint may fire; default 0. */
  skip?: number
}

/** Environment variables of a process of the shop in which these bugs or failpoints are planted (preload.ts). */
export const plant = (
  names: readonly PlantName[],
  { probability = 1, skip = 0 }: PlantOptions = {},
): Record<string, string> => ({
  NODE_OPTIONS: `--import=${preload}`,
  // Patched sources must not enter the compile cache, which other processes share.
  NODE_DISABLE_COMPILE_CACHE: '1',
  PLANT: names.join(','),
  PLANT_PROBABILITY: String(probability),
  PLANT_SKIP: String(skip),
})
