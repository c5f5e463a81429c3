import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { BootError } from '#errors'

/** The user Postgres runs as where it cannot be ours: it refuses to run as root. */
export interface Account {
  name: string
  uid: number
  gid: number
}

/**
 * Whom Postgres runs as: undefined stands for ourselves. For root it is whoever owns the data already, so that a shop
 * started by its user and later by root stays that user's; for new data `postgres` where it exists, else `nobody`.
 */
export async function findAccount(cluster: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(cluster).catch(() => undefined)
  if (owner !== undefined && owner.uid !== 0) return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid }
  for (const name of ['postgres', 'nobody']) {
    const account = await lookUp(name)
    if (account !== undefined) return account
  }
  throw new BootError(
    'Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as. Start the shop as an ordinary user.',
  )
}

/** Whether the account may enter a folder; asked of the system itself, which also knows about parents, ACLs and mounts. */
export async function canEnter(account: Account, dir: string): Promise<boolean> {
  // Not by spawn's own `cwd`: that is entered before the user is changed.
  return run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', dir], { cwd: '/', uid: account.uid, gid: account.gid }).then(
    () => true,
    () => false,
  )
}

const run = promisify(execFile)

async function lookUp(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)])
    return { name, uid, gid }
  } catch {
    return undefined
  }
}

/** As a signed number, which is what spawn takes: macOS's `nobody` is -2. */
const idOf = async (which: string, name: string) => Number((await run('id', [which, name])).stdout) | 0
