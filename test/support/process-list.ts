import { readdirSync, readFileSync } from 'node:fs'

export interface ListedProcess {
  pid: number
  parentPid: number
  command: string
}

/** The processes of this machine that still run, read from Linux's /proc: `ps` is not everywhere. */
export function listProcesses(): ListedProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const status = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The second field is the program's name in parentheses, which may itself hold anything.
      const [state, parentPid] = status.slice(status.lastIndexOf(')') + 2).split(' ')
      if (state === 'Z') return []
      return [
        {
          pid: Number(name),
          parentPid: Number(parentPid),
          command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '),
        },
      ]
    } catch {
      // It has ended meanwhile.
      return []
    }
  })
}
