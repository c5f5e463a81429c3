import { randomBytes } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BootError } from '#errors'
import { explainFailure } from './failure.ts'
import { startTimeOf } from './processes.ts'

/**
 * Lock files: makes this process the only user of a folder.
 *
 * Each process first writes a file that names its pid and start time, then reads the files of the others: of two
 * concurrent starts at least one sees the other. The file of a living process is never removed, so that a stale lock
 * cannot be taken over twice. A process that sees another removes its own file and tries again a few times, because
 * both may have just started.
 * @returns a function that releases the lock
 * @throws BootError while another living process holds it
 */
export async function acquireLock(dir: string): Promise<() => Promise<void>> {
  const own = `lock-${process.pid}-${tag(startTimeOf(process.pid))}-${randomBytes(4).toString('hex')}`
  const release = () => rm(join(dir, own), { force: true })
  let holder: number | undefined
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    try {
      await writeFile(join(dir, own), '', { mode: 0o600 })
      holder = await otherHolder(dir, own)
    } catch (error) {
      await release().catch(() => {})
      throw await explainFailure(error, dir)
    }
    if (holder === undefined) return release
    await release()
    await delay(20 + Math.random() * 80)
  }
  throw new BootError(
    `Another shop (process ${holder}) is running on the data in ${dir}. Stop it first, or set DATA_DIR to another folder.`,
  )
}

const attemptsMax = 6

async function otherHolder(dir: string, own: string): Promise<number | undefined> {
  let holder: number | undefined
  for (const name of await readdir(dir)) {
    const [, pid, startedAt] = /^lock-(\d+)-(\w+)-\w+$/.exec(name) ?? []
    if (pid === undefined || name === own) continue
    if (tag(startTimeOf(Number(pid))) === startedAt) holder = Number(pid)
    else await rm(join(dir, name), { force: true })
  }
  return holder
}

/** A start time as part of a file name; `gone` never equals the tag of a living process. */
const tag = (startedAt: string | undefined) => startedAt?.replaceAll(/\W/g, '_') ?? 'gone'
