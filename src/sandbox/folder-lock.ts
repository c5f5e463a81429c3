import { readFileSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newSecret } from './ids.ts'

/**
 * Makes this process the only user of the folder, which is created where it is missing; returns what gives it free again. Each
 * comer first writes its own file, then looks for those of others: of two that come at once both may be refused, never both let
 * in. Files of processes that have ended, killed or not, are swept away. Throws where another is alive.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const own = `lock-${process.pid}-${startOf(process.pid) ?? 0}-${newSecret()}`
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, own), '', { flag: 'wx' })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new Error(
      `The sandbox payment provider cannot write to ${folder} (${code}). Free it, or give another folder.`,
      { cause },
    )
  }
  const release = (): Promise<void> => rm(join(folder, own), { force: true })
  try {
    for (const name of await readdir(folder)) {
      const [, pid, start] = /^lock-(\d+)-(\d+)-/.exec(name) ?? []
      if (name === own || pid === undefined) continue
      if (isAlive(Number(pid), Number(start))) {
        throw new Error(
          `Another sandbox payment provider (process ${pid}) uses ${folder}. Stop it, or give another folder.`,
        )
      }
      await rm(join(folder, name), { force: true })
    }
  } catch (error) {
    await release()
    throw error
  }
  return release
}

function isAlive(pid: number, start: number): boolean {
  if (startOf(process.pid) !== undefined) return startOf(pid) === start
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process started, in the kernel's ticks, so that a reused pid is told apart; undefined where it has ended or /proc is unknown. */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field, the name in parentheses, may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19])
  } catch {
    return undefined
  }
}
