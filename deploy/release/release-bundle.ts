import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { openPromise } from 'yauzl'
import { bundleDescriptionSchema, bundleMaxBytes, dirtySuffix } from '../eb/bundle-description.ts'
import { ReleaseError } from './release-error.ts'

export interface ReleaseBundle {
  file: string
  version: string
}

/** Files without which an instance does not start, or would install its packages itself. */
const requiredFiles = ['Procfile', 'src/main.ts', 'web/dist/index.html', 'node_modules/node/bin/node']
const build = 'Run `npm run bundle` at the commit to release, and deploy that bundle.'

/** The newest bundle in a folder. @throws ReleaseError when there is none */
export async function newestBundle(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => [])
  const newest = names
    .filter((name) => /^holdfast-.*\.zip$/.test(name))
    .toSorted()
    .at(-1)
  if (newest !== undefined) return join(folder, newest)
  throw new ReleaseError(`There is no bundle in ${folder}.`, {
    remedy: 'Run `npm run bundle`, or pass --bundle or --version.',
  })
}

/** @throws ReleaseError when it is too large, incomplete, or built from uncommitted changes */
export async function readBundle(file: string): Promise<ReleaseBundle> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) throw new ReleaseError(`There is no bundle ${file}.`, { remedy: build })
  if (found.size > bundleMaxBytes)
    throw new ReleaseError(`${file} has ${Math.round(found.size / 2 ** 20)} MiB, and Beanstalk accepts 512.`, {
      remedy: 'Exclude packages in deploy/eb/bundle-files.ts, and build the bundle again.',
    })
  const { names, description } = await readZip(file)
  const missing = requiredFiles.find((name) => !names.has(name))
  if (missing !== undefined)
    throw new ReleaseError(
      missing.startsWith('node_modules/')
        ? `${file} is without its node_modules: each new instance would install them from the registry.`
        : `${file} is no bundle of the shop: it lacks ${missing}.`,
      { remedy: build },
    )
  const version = versionOf(description)
  if (version === undefined)
    throw new ReleaseError(`${file} does not say which version it is (release.json).`, { remedy: build })
  if (version.endsWith(dirtySuffix))
    throw new ReleaseError(`${file} was built from uncommitted changes, which no commit names.`, {
      remedy: 'Commit them, run `npm run bundle`, and deploy that bundle.',
    })
  return { file, version }
}

async function readZip(file: string): Promise<{ names: Set<string>; description: string }> {
  const names = new Set<string>()
  let description = ''
  try {
    const zip = await openPromise(file)
    for await (const entry of zip.eachEntry()) {
      names.add(entry.fileName)
      if (entry.fileName === 'release.json' && entry.uncompressedSize < 10_000)
        description = await text(await zip.openReadStreamPromise(entry))
    }
  } catch (cause) {
    throw new ReleaseError(`${file} is not a complete zip.`, { remedy: build, cause })
  }
  return { names, description }
}

function versionOf(description: string): string | undefined {
  try {
    return bundleDescriptionSchema.parse(JSON.parse(description)).version
  } catch {
    return undefined
  }
}
