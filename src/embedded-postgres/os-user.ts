import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { BootError } from '#errors'

/** The operating system's user that Postgres runs as, where this process is root: Postgres does not run as root. */
export interface OsUser {
  name: string
  uid: number
  gid: number
}

/**
 * The user to run Postgres as; undefined means the user of this process. Root takes the owner of existing data, so that
 * a shop started by its user and later by root still belongs to that user; for new data `postgres`, else `nobody`.
 * @throws BootError when root finds neither user
 */
export async function findOsUser(cluster: string): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(cluster).catch(() => undefined)
  if (owner !== undefined && owner.uid !== 0) return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid }
  for (const name of ['postgres', 'nobody']) {
    const osUser = await lookUp(name)
    if (osUser !== undefined) return osUser
  }
  throw new BootError(
    'Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as. Start the shop as an ordinary user.',
  )
}

/** Whether the user may enter a folder. Tried for real, since parents, ACLs and mounts decide too. */
export async function canEnter(osUser: OsUser, dir: string): Promise<boolean> {
  // Not with spawn's `cwd`, which is entered before the user is changed.
  return run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', dir], { cwd: '/', uid: osUser.uid, gid: osUser.gid }).then(
    () => true,
    () => false,
  )
}

const run = promisify(execFile)

async function lookUp(name: string): Promise<OsUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)])
    return { name, uid, gid }
  } catch {
    return undefined
  }
}

/** As a signed 32-bit number, as spawn takes it: `nobody` of macOS is -2. */
const idOf = async (which: string, name: string) => Number((await run('id', [which, name])).stdout) | 0
