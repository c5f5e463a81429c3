import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BootError } from '#errors'
import { holdsWithin, postgresProcessesIn, postmasterPid, signal } from './processes.ts'

/**
 * Ends the Postgres that an earlier run left on this data folder, then removes its lock file. The order matters: a
 * backend may outlive its postmaster, and the lock file is what keeps a new server from writing beside it.
 */
export async function endLeftovers(cluster: string, log: (line: string) => void): Promise<void> {
  const left = postgresProcessesIn(cluster)
  if (left.length > 0) {
    log('Stopping the database that an earlier run left behind ...')
    await end(cluster)
  }
  await rm(join(cluster, 'postmaster.pid'), { force: true })
}

async function end(cluster: string): Promise<void> {
  const isGone = () => postgresProcessesIn(cluster).length === 0
  const postmaster = postgresProcessesIn(cluster).find((pid) => pid === postmasterPid(cluster))
  if (postmaster !== undefined) {
    signal(postmaster, 'SIGINT')
    if (await holdsWithin(4000, isGone)) return
  }
  for (const name of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const pid of postgresProcessesIn(cluster)) signal(pid, name)
    if (await holdsWithin(2000, isGone)) return
  }
  throw new BootError(
    `An earlier Postgres (process ${postgresProcessesIn(cluster).join(', ')}) works on ${cluster} and cannot be stopped. End it, then start the shop again.`,
  )
}
