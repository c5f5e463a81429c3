import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BootError } from '#errors'
import type { Binaries } from './binaries.ts'
import type { DatabaseFolder } from './database-folder.ts'

/** Not `holdfast`: a schema named like the user would come first in its search path, on the embedded server alone. */
export const superuser = 'postgres'

/**
 * Creates the cluster on the first start, completely or not at all.
 * @returns the server's password
 * @throws BootError that says what to do, when the cluster is of another major version or its password file is missing
 */
export async function createCluster(
  folder: DatabaseFolder,
  binaries: Binaries,
  log: (line: string) => void,
): Promise<string> {
  const major = await readIfExists(join(folder.cluster, 'PG_VERSION'))
  const passwordFile = join(folder.dir, 'password')
  const password = await readIfExists(passwordFile)
  if (major !== undefined) {
    if (major !== binaries.major) throw otherMajor(folder, major, binaries.major)
    if (password === undefined)
      throw new BootError(`The password file of the database is missing. Restore ${passwordFile}.`)
    return password
  }
  log('Creating the database (first start only) ...')
  const fresh = password ?? randomBytes(24).toString('base64url')
  await writeFile(passwordFile, `${fresh}\n`, { mode: 0o600 })
  await initialise(folder, binaries, passwordFile)
  return fresh
}

const otherMajor = (folder: DatabaseFolder, found: string, ours: string) =>
  new BootError(
    `The data in ${folder.cluster} was written by Postgres ${found}; this program brings ${ours}. Move it with pg_dump and pg_restore, or set DATA_DIR to another folder.`,
  )

/**
 * Runs initdb in a draft folder and renames it at the end, so that an interrupted first start leaves no half-made
 * cluster.
 */
async function initialise(folder: DatabaseFolder, binaries: Binaries, passwordFile: string): Promise<void> {
  const { osUser } = folder
  const draft = `${folder.cluster}.draft`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  if (osUser !== undefined) {
    await chown(draft, osUser.uid, osUser.gid)
    await chown(passwordFile, osUser.uid, osUser.gid)
  }
  const flags = ['--locale=C.UTF-8', '--encoding=UTF8', '--auth=scram-sha-256', `--username=${superuser}`]
  const as = osUser === undefined ? {} : { uid: osUser.uid, gid: osUser.gid }
  try {
    await promisify(execFile)(binaries.initdb, [...flags, `--pwfile=${passwordFile}`, `--pgdata=${draft}`], {
      ...as,
      cwd: draft,
      env: serverEnv,
      timeout: 60_000,
    })
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    const { stderr, message } = error as Error & { stderr?: string }
    throw new Error(`initdb failed: ${stderr?.trim() || message}`, { cause: error })
  }
  await rename(draft, folder.cluster)
}

/** The C locale gives the English messages that failure.ts matches. PG* variables of this process are not passed on. */
export const serverEnv = { PATH: process.env.PATH, LC_ALL: 'C' }

const readIfExists = (file: string) =>
  readFile(file, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    },
  )
