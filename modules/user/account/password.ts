import { hash, verify } from '@node-rs/argon2'
import { randomBytes } from 'node:crypto'
import { createFairQueue } from './fair-queue.ts'

/** OWASP's recommendation for argon2id (the library's default algorithm): 19 MiB, 2 iterations, parallelism 1. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }

/** Hashing runs on libuv's 4 threads: 2 stay free for files and DNS. 64 waiting calls take about a second. */
const queued = createFairQueue({ runningMax: 2, waitingMax: 64 })

/** NIST SP 800-63B: equal characters must give equal bytes, whatever Unicode form the keyboard sends. */
const normalise = (password: string): string => password.normalize('NFKC')

/** `source` is the network of the caller. @throws AppError `unavailable` while too many calls wait */
export const hashPassword = (source: string, password: string): Promise<string> =>
  queued(source, () => hash(normalise(password), cost))

/**
 * Whether the password is right. Without an account (`undefined`) it does the same work and returns false, so that the
 * response time does not reveal which emails have accounts. `source` is the network of the caller.
 * @throws AppError `unavailable` while too many calls wait
 */
export const verifyPassword = (source: string, passwordHash: string | undefined, password: string): Promise<boolean> =>
  queued(source, () => verify(passwordHash ?? placeholderHash, normalise(password)))

const unpadded = (bytes: number): string => randomBytes(bytes).toString('base64').replace(/=+$/, '')
/** A hash in PHC format that no password matches. */
const placeholderHash = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$${unpadded(16)}$${unpadded(cost.outputLen)}`
