import { statfs } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { BootError } from '#errors'

/** Turns what the system or Postgres said into one message that says what to do; a BootError stays as it is. */
export async function explain(error: unknown, dir: string): Promise<BootError> {
  if (error instanceof BootError) return error
  const text = error instanceof Error ? error.message : String(error)
  const remedy = remedies.find(({ pattern }) => pattern.test(text))
  // A server that cannot write its log cannot say why it gave up either.
  if (remedy === undefined && (await isFull(dir))) return new BootError(diskFull(dir), { cause: error })
  return new BootError(remedy?.message(dir) ?? `The embedded Postgres in ${dir} did not start: ${text}`, {
    cause: error,
  })
}

interface Remedy {
  pattern: RegExp
  message: (dir: string) => string
}

const elsewhere = 'set DATA_DIR to a folder elsewhere (or DATABASE_URL to a Postgres of yours)'

const diskFull = (dir: string) => `The disk that holds ${dir} is full. Free some space, or ${elsewhere}.`

/** By the system's codes, as Node gives them, and its sentences, as Postgres prints them. */
const remedies: Remedy[] = [
  { pattern: /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/, message: diskFull },
  {
    pattern: /wrong ownership/,
    message: (dir) =>
      `The database in ${dir} belongs to another user than the one that runs it. Give it back with chown -R, or ${elsewhere}.`,
  },
  {
    pattern: /EROFS|EACCES|EPERM|Permission denied|Read-only file system|Operation not permitted/,
    message: (dir) =>
      `The data folder ${dir} cannot be read and written by ${userInfo().username}. Change its permissions, or ${elsewhere}.`,
  },
  {
    pattern: /ENOTDIR|EEXIST|Not a directory/,
    message: (dir) =>
      `The data folder ${dir} is not a folder, or lies below something that is none. Remove what stands there, or ${elsewhere}.`,
  },
]

/** Postgres writes in segments of 16 MiB and cannot start without room for one. */
const roomMin = 16 * 1024 * 1024

async function isFull(dir: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(dir)
    return bavail * bsize < roomMin
  } catch {
    return false
  }
}
