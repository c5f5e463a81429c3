import { readFileSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newSecret } from './ids.ts'

/**
 * Exclusive lock on a folder for this process; creates the folder if needed and returns the function that releases the lock.
 * A process first writes a lock file of its own, then looks for others: of two processes that start concurrently both may fail,
 * but never both succeed. Lock files of processes that have ended are removed. Throws when a living process holds the lock.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const own = `lock-${process.pid}-${startTicksOf(process.pid) ?? 0}-${newSecret()}`
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, own), '', { flag: 'wx' })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new Error(
      `The sandbox payment provider cannot write to ${folder} (${code}). Make it writable, or set another folder.`,
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
          `Another sandbox payment provider (process ${pid}) uses ${folder}. Stop that process, or set another folder.`,
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
  if (startTicksOf(process.pid) !== undefined) return startTicksOf(pid) === start
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Start time of a process in kernel ticks, which distinguishes a reused pid. Undefined when the process has ended or /proc is missing. */
function startTicksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field, the name in parentheses, may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19])
  } catch {
    return undefined
  }
}
