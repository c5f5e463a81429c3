import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Start time of a process in the system's own notation; undefined when it has ended or is a zombie. Pids are reused:
 * only a pid together with its start time identifies a process.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    if (hasProc) {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // The name in parentheses may contain spaces and parentheses; state is the 3rd field, starttime the 22nd
      // (proc(5)).
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return isEnded(fields[0]) ? undefined : fields[19]
    }
    const [state, ...startedAt] = ps(pid, 'stat=,lstart=').split(/\s+/)
    return isEnded(state) ? undefined : startedAt.join(' ')
  } catch {
    return undefined
  }
}

/** The living Postgres processes of this cluster, the postmaster first. A reused pid of another program is not one. */
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
    .filter((pid) => isPostgresOf(pid, cluster))
  return pids.toSorted((a, b) => Number(b === postmaster) - Number(a === postmaster))
}

/** The pid in Postgres's own lock file, which may have been reused since. */
export function postmasterPid(cluster: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'), 10)
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** Sends a signal; a process that has ended already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Polls until the condition is true or the time is over. @returns whether it became true */
export async function becomesTrueWithin(timeoutMs: number, condition: () => boolean): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > deadline) return false
    await delay(20)
  }
  return true
}

const hasProc = existsSync('/proc/self/stat')

const isEnded = (state: string | undefined) => state === undefined || /^[ZX]/.test(state)

function isPostgresOf(pid: number, cluster: string): boolean {
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
