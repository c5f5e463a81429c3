import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BootError } from '#errors'

/** @throws BootError when the data folder cannot be created or written */
export async function requireFolder(dataDir: string): Promise<void> {
  const probe = join(dataDir, `.probe-${process.pid}`)
  try {
    await mkdir(dataDir, { recursive: true })
    await writeFile(probe, 'x')
    await rm(probe)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const reason =
      code === 'ENOSPC'
        ? 'its disk is full'
        : code === 'EROFS' || code === 'EACCES' || code === 'EPERM'
          ? 'it is not writable'
          : code
    throw new BootError(
      `The data folder ${dataDir} cannot be used: ${reason}. Free disk space, make the folder writable for this account, or set DATA_DIR to another folder.`,
      { cause: error },
    )
  }
}

/** Undefined for text that is not JSON, such as a truncated file. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
