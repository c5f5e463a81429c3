import { readdirSync, readFileSync } from 'node:fs'

export interface ListedProcess {
  pid: number
  parentPid: number
  /** CPU time of the process and its ended children, ms. */
  cpuMs: number
  command: string
}

/** Tick of the kernel's accounting (USER_HZ), the same on every Linux. */
const tickMs = 10

/** The running processes of this machine, read from /proc, since `ps` may be missing. */
export function listProcesses(): ListedProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const status = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The second field, the program's name in parentheses, may contain any character.
      const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
      const [state, parentPid] = fields
      if (state === 'Z') return []
      return [
        {
          pid: Number(name),
          parentPid: Number(parentPid),
          cpuMs: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs,
          command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '),
        },
      ]
    } catch {
      // The process has ended.
      return []
    }
  })
}
