import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BootError } from '#errors'
import { becomesTrueWithin, postgresProcessesIn, postmasterPid, signal } from './processes.ts'

/**
 * Stops the orphaned Postgres processes of an earlier run, then removes their lock file. In this order, since a backend
 * may outlive its postmaster, and the lock file keeps a new server from writing to the same cluster.
 * @throws BootError when a process cannot be stopped
 */
export async function stopOrphans(cluster: string, log: (line: string) => void): Promise<void> {
  const orphans = postgresProcessesIn(cluster)
  if (orphans.length > 0) {
    log('Stopping the database that an earlier run left behind ...')
    await stop(cluster)
  }
  await rm(join(cluster, 'postmaster.pid'), { force: true })
}

async function stop(cluster: string): Promise<void> {
  const areGone = () => postgresProcessesIn(cluster).length === 0
  const postmaster = postgresProcessesIn(cluster).find((pid) => pid === postmasterPid(cluster))
  if (postmaster !== undefined) {
    signal(postmaster, 'SIGINT')
    if (await becomesTrueWithin(4000, areGone)) return
  }
  for (const name of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const pid of postgresProcessesIn(cluster)) signal(pid, name)
    if (await becomesTrueWithin(2000, areGone)) return
  }
  throw new BootError(
    `An earlier Postgres (process ${postgresProcessesIn(cluster).join(', ')}) still uses ${cluster} and cannot be stopped. Stop it, then start the shop again.`,
  )
}
