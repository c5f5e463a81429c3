import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildBundle } from '../../deploy/eb/bundle.ts'
import { unzip } from '../../deploy/eb/instance.fixture.ts'
import { patches } from '../failure/plant/patches.ts'
import type { Colour } from './haproxy.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Builds the bundle, as for a release, and unpacks it for each colour. Green is the next release: it writes messages of
 * the next version, which blue cannot read.
 */
export async function prepareBundles(folder: string, print: (line: string) => void): Promise<Record<Colour, string>> {
  const { file } = await buildBundle({ root, output: folder, isDirtyAllowed: true, print })
  const folders = { blue: join(folder, 'blue'), green: join(folder, 'green') }
  for (const target of Object.values(folders)) await unzip(file, target)
  for (const { file: path, find, replace } of patches['next-release']) {
    const source = join(folders.green, path)
    const text = await readFile(source, 'utf8')
    const changed = text.replace(find, replace)
    if (changed === text) throw new Error(`${path} does not contain what the next release changes: ${find}`)
    await writeFile(source, changed)
  }
  return folders
}
