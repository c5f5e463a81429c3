import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BootError } from '#errors'
import { canEnter, findAccount, type Account } from './account.ts'
import { explain } from './failure.ts'

/** Where one shop's database lives: its data (`cluster`), password, log and lock. */
export interface Home {
  dir: string
  /** Postgres's own data folder. */
  cluster: string
  account: Account | undefined
}

/** What Postgres needs when root's own folders are closed to the account it runs as. */
export const sharedDir = '/var/lib/holdfast'

/** Makes a folder there that the account may enter, whatever root's umask is. */
export async function makeShared(dir: string): Promise<void> {
  for (const path of [sharedDir, dir]) {
    await mkdir(path, { recursive: true })
    await chmod(path, 0o755)
  }
}

/**
 * Finds or makes the home of a data folder. It is that folder itself, but where root's shop runs Postgres as an account
 * that may not go there (a clone in /root): then a folder under /var/lib/holdfast, and the file `location` says which.
 */
export async function openHome(dataDir: string, log: (line: string) => void): Promise<Home> {
  try {
    await mkdir(dataDir, { recursive: true })
    const real = await realpath(dataDir)
    const dir = (await readLocation(real)) ?? real
    const account = await findAccount(join(dir, 'cluster'))
    if (account === undefined || dir !== real || (await canEnter(account, real))) return homeAt(dir, account)
    if (await exists(join(dir, 'cluster'))) throw notReachable(dir, account)
    return homeAt(await moveOut(real, log), account)
  } catch (error) {
    throw await explain(error, dataDir)
  }
}

const homeAt = (dir: string, account: Account | undefined): Home => ({ dir, cluster: join(dir, 'cluster'), account })

const notReachable = (dir: string, account: Account) =>
  new BootError(
    `The database in ${dir} belongs to ${account.name}, who may not enter that folder. Open the folders above it (chmod o+x), or set DATA_DIR to a folder elsewhere.`,
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
    `The database of this shop lay in ${location}, which is gone. Restore it, or remove ${file} to begin with an empty one.`,
  )
}

/** A data folder that was deleted and made anew is a new shop: what the old one left in its place is kept, not adopted. */
async function moveOut(dataDir: string, log: (line: string) => void): Promise<string> {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  for (let n = 1; ; n++) {
    const dir = join(sharedDir, n === 1 ? name : `${name}-${n}`)
    if (await exists(join(dir, 'cluster'))) {
      log(`An earlier database of this folder is kept in ${dir}; remove it when nobody misses it.`)
      continue
    }
    await makeShared(dir)
    await writeFile(join(dataDir, 'location'), `${dir}\n`)
    log(`Postgres may not enter ${dirname(dataDir)}: its data lies in ${dir}`)
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
