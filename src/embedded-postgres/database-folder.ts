import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BootError } from '#errors'
import { canEnter, findOsUser, type OsUser } from './os-user.ts'
import { explainFailure } from './failure.ts'

/** The folder of one shop's database: its cluster, password, log and lock. */
export interface DatabaseFolder {
  dir: string
  /** Postgres's own data directory. */
  cluster: string
  osUser: OsUser | undefined
}

/** Parent of the folders that Postgres needs where its user may not enter root's folders. */
export const sharedDir = '/var/lib/holdfast'

/** Creates a folder below {@link sharedDir} that every user may enter, whatever root's umask is. */
export async function createShared(dir: string): Promise<void> {
  for (const path of [sharedDir, dir]) {
    await mkdir(path, { recursive: true })
    await chmod(path, 0o755)
  }
}

/**
 * Finds or creates the database folder of `dataDir`. It is `dataDir` itself unless Postgres's user may not enter it (a
 * clone in /root): then it is a folder below /var/lib/holdfast, and the file `location` in `dataDir` names it.
 * @throws BootError that says what to do
 */
export async function openDatabaseFolder(dataDir: string, log: (line: string) => void): Promise<DatabaseFolder> {
  try {
    await mkdir(dataDir, { recursive: true })
    const real = await realpath(dataDir)
    const dir = (await readLocation(real)) ?? real
    const osUser = await findOsUser(join(dir, 'cluster'))
    if (osUser === undefined || dir !== real || (await canEnter(osUser, real))) return folderAt(dir, osUser)
    if (await exists(join(dir, 'cluster'))) throw notReachable(dir, osUser)
    return folderAt(await moveOut(real, log), osUser)
  } catch (error) {
    throw await explainFailure(error, dataDir)
  }
}

const folderAt = (dir: string, osUser: OsUser | undefined): DatabaseFolder => ({
  dir,
  cluster: join(dir, 'cluster'),
  osUser: osUser,
})

const notReachable = (dir: string, osUser: OsUser) =>
  new BootError(
    `The database in ${dir} belongs to ${osUser.name}, who may not enter that folder. Open the folders above it (chmod o+x), or set DATA_DIR to another folder.`,
  )

async function readLocation(dataDir: string): Promise<string | undefined> {
  const file = join(dataDir, 'location')
  const location = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    },
  )
  if (location === undefined || (await exists(location))) return location
  throw new BootError(
    `The database of this shop was in ${location}, which does not exist any more. Restore it, or remove ${file} to start with an empty one.`,
  )
}

/** A data folder that was deleted and created again is a new shop: the database of the old one is kept, not adopted. */
async function moveOut(dataDir: string, log: (line: string) => void): Promise<string> {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  for (let n = 1; ; n++) {
    const dir = join(sharedDir, n === 1 ? name : `${name}-${n}`)
    if (await exists(join(dir, 'cluster'))) {
      log(`An earlier database of this folder is kept in ${dir}; remove it if it is not needed.`)
      continue
    }
    await createShared(dir)
    await writeFile(join(dataDir, 'location'), `${dir}\n`)
    log(`Postgres may not enter ${dirname(dataDir)}; its data is in ${dir}`)
    return dir
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
