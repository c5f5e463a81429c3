import { randomBytes } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BootError } from '#errors'
import { explain } from './failure.ts'
import { startTimeOf } from './processes.ts'

/**
 * Takes a folder for this process; returns what gives it back. Throws BootError while another living process has it.
 *
 * Each contender first writes a file that names it by pid and start time, then looks at the others': of two that start
 * at once at least one sees the other. Nobody ever removes a living process's file, so that there is no moment in
 * which a stale lock is taken over twice. Who sees another steps back and tries again a few times, for the case
 * that both have just begun.
 */
export async function takeLock(dir: string): Promise<() => Promise<void>> {
  const own = `lock-${process.pid}-${tag(startTimeOf(process.pid))}-${randomBytes(4).toString('hex')}`
  const release = () => rm(join(dir, own), { force: true })
  let holder: number | undefined
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    try {
      await writeFile(join(dir, own), '', { mode: 0o600 })
      holder = await otherHolder(dir, own)
    } catch (error) {
      await release().catch(() => {})
      throw await explain(error, dir)
    }
    if (holder === undefined) return release
    await release()
    await delay(20 + Math.random() * 80)
  }
  throw new BootError(
    `Another shop (process ${holder}) is running on the data in ${dir}. Stop it first, or give this one a folder of its own with DATA_DIR.`,
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

/** A start time as part of a file name; `gone` never equals a living process's. */
const tag = (startedAt: string | undefined) => startedAt?.replaceAll(/\W/g, '_') ?? 'gone'
