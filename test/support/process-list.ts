import { readdirSync, readFileSync } from 'node:fs'

export interface ListedProcess {
  pid: number
  parentPid: number
  /** CPU time of its own and of children that have ended, ms. */
  cpuMs: number
  command: string
}

/** A tick of the kernel's accounting (USER_HZ), which is the same on all of Linux. */
const tickMs = 10

/** The processes of this machine that still run, read from Linux's /proc: `ps` is not everywhere. */
export function listProcesses(): ListedProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const status = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The second field is the program's name in parentheses, which may itself hold anything.
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
      // It has ended meanwhile.
      return []
    }
  })
}
