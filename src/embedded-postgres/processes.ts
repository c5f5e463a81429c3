import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * When a process started, in its system's own notation; undefined when it is gone or a zombie.
 * A pid alone does not name a process, since pids are reused; a pid with its start time does.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    if (hasProc) {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // The name in parentheses may hold spaces and parentheses itself; state is the 3rd field, starttime the 22nd.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return isEnded(fields[0]) ? undefined : fields[19]
    }
    const [state, ...startedAt] = ps(pid, 'stat=,lstart=').split(/\s+/)
    return isEnded(state) ? undefined : startedAt.join(' ')
  } catch {
    return undefined
  }
}

/** Every Postgres process that works in this data folder, the postmaster first; zombies and strangers with a reused pid are none. */
export function postgresProcessesIn(cluster: string): number[] {
  const postmaster = postmasterPid(cluster)
  if (!hasProc) {
    const isOurs =
      postmaster !== undefined && startTimeOf(postmaster) !== undefined && commandOf(postmaster).includes(cluster)
    return isOurs ? [postmaster] : []
  }
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => worksIn(pid, cluster))
  return pids.toSorted((a, b) => Number(b === postmaster) - Number(a === postmaster))
}

/** The pid in Postgres's own lock file, whether or not it still names a Postgres. */
export function postmasterPid(cluster: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'), 10)
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** Sends a signal; a process that has gone in the meantime is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Asks again and again until the condition holds or the time is over; answers whether it holds. */
export async function holdsWithin(timeoutMs: number, condition: () => boolean): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > deadline) return false
    await delay(20)
  }
  return true
}

const hasProc = existsSync('/proc/self/stat')

const isEnded = (state: string | undefined) => state === undefined || /^[ZX]/.test(state)

function worksIn(pid: number, cluster: string): boolean {
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`) === cluster && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres')
    )
  } catch {
    return false
  }
}

const commandOf = (pid: number) => ps(pid, 'command=')

const ps = (pid: number, columns: string) =>
  execFileSync('ps', ['-o', columns, '-p', String(pid)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
