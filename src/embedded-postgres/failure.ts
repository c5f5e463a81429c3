import { statfs } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { BootError } from '#errors'

/** Turns an error of the system or of Postgres into a BootError that says what to do; a BootError stays as it is. */
export async function explainFailure(error: unknown, dir: string): Promise<BootError> {
  if (error instanceof BootError) return error
  const text = error instanceof Error ? error.message : String(error)
  const remedy = remedies.find(({ pattern }) => pattern.test(text))
  // On a full disk Postgres cannot write the reason to its log either.
  if (remedy === undefined && (await isFull(dir))) return new BootError(diskFull(dir), { cause: error })
  return new BootError(remedy?.message(dir) ?? `The embedded Postgres in ${dir} did not start: ${text}`, {
    cause: error,
  })
}

interface Remedy {
  pattern: RegExp
  message: (dir: string) => string
}

const elsewhere = 'set DATA_DIR to another folder (or DATABASE_URL to another Postgres)'

const diskFull = (dir: string) => `The disk that holds ${dir} is full. Free some space, or ${elsewhere}.`

/** Matched by the system's error codes (from Node) and messages (from Postgres). */
const remedies: Remedy[] = [
  { pattern: /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/, message: diskFull },
  {
    pattern: /wrong ownership/,
    message: (dir) =>
      `The database in ${dir} belongs to another user than the one that runs it. Change its owner with chown -R, or ${elsewhere}.`,
  },
  {
    pattern: /EROFS|EACCES|EPERM|Permission denied|Read-only file system|Operation not permitted/,
    message: (dir) =>
      `The data folder ${dir} cannot be read and written by ${userInfo().username}. Change its permissions, or ${elsewhere}.`,
  },
  {
    pattern: /ENOTDIR|EEXIST|Not a directory/,
    message: (dir) =>
      `The data folder ${dir} is not a folder, or one of its parents is not. Remove the file in its place, or ${elsewhere}.`,
  },
]

/** Bytes that Postgres needs to start: one WAL segment of 16 MiB. */
const freeBytesMin = 16 * 1024 * 1024

async function isFull(dir: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(dir)
    return bavail * bsize < freeBytesMin
  } catch {
    return false
  }
}
