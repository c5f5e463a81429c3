import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { createRandom } from '../random.ts'
import { patches, type Patch, type PlantName } from './patches.ts'

/**
 * Fault injection at load time (`node --import`): applies the patches named in PLANT to modules as they are loaded.
 * PLANT_PROBABILITY: probability that a failpoint or a pause fires. PLANT_SKIP: passes of a failpoint before it may
 * fire. PLANT_SEED: seed of the random numbers. PLANT_PROCESS: name of the process and count of its starts.
 */

const root = fileURLToPath(new URL('../../../', import.meta.url))
const planted = new Map<string, Patch[]>()
for (const name of (process.env['PLANT'] ?? '').split(',').filter(Boolean))
  for (const patch of patches[name as PlantName] as readonly Patch[])
    planted.set(root + patch.file, [...(planted.get(root + patch.file) ?? []), patch])

registerHooks({
  load(url, context, next) {
    const changes = url.startsWith('file:') ? planted.get(fileURLToPath(url)) : undefined
    const loaded = next(url, context)
    if (changes === undefined) return loaded
    const file = fileURLToPath(url)
    return { ...loaded, source: changes.reduce(applyPatch, readFileSync(file, 'utf8')) }
  },
})

function applyPatch(source: string, { file, find, replace }: Patch): string {
  const changed = typeof find === 'string' ? source.replace(find, () => replace) : source.replace(find, replace)
  if (changed === source) throw new Error(`${file} does not contain the snippet to patch: ${find}`)
  return changed
}

const probability = Number(process.env['PLANT_PROBABILITY'] ?? 1)
const random = createRandom(Number(process.env['PLANT_SEED'])).fork(process.env['PLANT_PROCESS'] ?? '')
let passesLeft = Number(process.env['PLANT_SKIP'] ?? 0)

/** Kills the process with SIGKILL: no exit hook runs and no buffer is flushed. */
function failpoint(): void {
  passesLeft -= 1
  if (passesLeft < 0 && random.happens(probability)) process.kill(process.pid, 'SIGKILL')
}

/** Shorter than Postgres's limit for an idle transaction, so that a fenced process continues unharmed. */
const pauseMs = 600
const pause = async (): Promise<void> => {
  if (random.happens(probability)) await new Promise((resolve) => setTimeout(resolve, pauseMs))
}

Object.assign(globalThis, { failpoint, pause })
