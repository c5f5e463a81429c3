import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { createChance } from '../chance.ts'
import { patches, type Patch, type PlantName } from './patches.ts'

/**
 * Loaded before the program (`node --import`): plants the changes that PLANT names into what the program loads next.
 * PLANT_SHARE is how often a failpoint strikes or a pause is made, PLANT_AFTER how many times a failpoint is passed
 * first; PLANT_SEED is its chance, PLANT_LIFE names the process and counts its starts.
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
  if (changed === source) throw new Error(`${file} does not hold the snippet to patch any more: ${find}`)
  return changed
}

const share = Number(process.env['PLANT_SHARE'] ?? 1)
const chance = createChance(Number(process.env['PLANT_SEED'])).fork(process.env['PLANT_LIFE'] ?? '')
let passesLeft = Number(process.env['PLANT_AFTER'] ?? 0)

/** Dies as by kill -9: no hook, no buffer, no goodbye. */
function failpoint(): void {
  passesLeft -= 1
  if (passesLeft < 0 && chance.happens(share)) process.kill(process.pid, 'SIGKILL')
}

/** Shorter than what Postgres grants an idle transaction: those who are fenced go on unharmed. */
const pauseMs = 600
const pause = async (): Promise<void> => {
  if (chance.happens(share)) await new Promise((resolve) => setTimeout(resolve, pauseMs))
}

Object.assign(globalThis, { failpoint, pause })
