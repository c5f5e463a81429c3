import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BootError } from '#errors'
import type { Binaries } from './binaries.ts'
import type { Home } from './home.ts'

/** Not our own name: a schema called like the user would come first in its search path, here and nowhere else. */
export const superuser = 'postgres'

/** Makes the data folder on the first start, whole or not at all, and returns the server's password. */
export async function createCluster(home: Home, binaries: Binaries, log: (line: string) => void): Promise<string> {
  const major = await readIfThere(join(home.cluster, 'PG_VERSION'))
  const passwordFile = join(home.dir, 'password')
  const password = await readIfThere(passwordFile)
  if (major !== undefined) {
    if (major !== binaries.major) throw otherMajor(home, major, binaries.major)
    if (password === undefined) throw new BootError(`The password of the database is gone: restore ${passwordFile}.`)
    return password
  }
  log('Creating the database (first start only) ...')
  const fresh = password ?? randomBytes(24).toString('base64url')
  await writeFile(passwordFile, `${fresh}\n`, { mode: 0o600 })
  await initialise(home, binaries, passwordFile)
  return fresh
}

const otherMajor = (home: Home, found: string, ours: string) =>
  new BootError(
    `The data in ${home.cluster} was written by Postgres ${found}; this program brings ${ours}. Carry it over with pg_dump and pg_restore, or set DATA_DIR to a folder elsewhere.`,
  )

/** initdb works in a draft that takes its name only when it is done: a start that dies half-way leaves nothing behind. */
async function initialise(home: Home, binaries: Binaries, passwordFile: string): Promise<void> {
  const { account } = home
  const draft = `${home.cluster}.draft`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  if (account !== undefined) {
    await chown(draft, account.uid, account.gid)
    await chown(passwordFile, account.uid, account.gid)
  }
  const flags = ['--locale=C.UTF-8', '--encoding=UTF8', '--auth=scram-sha-256', `--username=${superuser}`]
  const as = account === undefined ? {} : { uid: account.uid, gid: account.gid }
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
  await rename(draft, home.cluster)
}

/** English messages, which failure.ts reads, and nothing of our environment's PG* variables. */
export const serverEnv = { PATH: process.env.PATH, LC_ALL: 'C' }

const readIfThere = (file: string) =>
  readFile(file, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    },
  )
