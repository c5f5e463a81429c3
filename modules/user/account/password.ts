import { hash, verify } from '@node-rs/argon2'
import { randomBytes } from 'node:crypto'
import { limitConcurrency } from './concurrency-limit.ts'

/** OWASP's first choice for argon2id (the library's default algorithm): 19 MiB, 2 passes, 1 lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }

/** Hashing runs on libuv's four threads: two stay free for files and name look-ups, and 64 waiting is about a second. */
const gate = limitConcurrency({ runningMax: 2, waitingMax: 64 })

/** NIST SP 800-63B: the same characters typed on another keyboard must give the same bytes. */
const stable = (password: string): string => password.normalize('NFKC')

/** @throws AppError `unavailable` while a login storm fills the queue. */
export const hashPassword = (password: string): Promise<string> => gate(() => hash(stable(password), cost))

/**
 * Whether the password is the account's. Without an account (`undefined`) it does the same work and says no, so that
 * the time of the answer does not tell which e-mails have accounts.
 * @throws AppError `unavailable` while a login storm fills the queue.
 */
export const verifyPassword = (passwordHash: string | undefined, password: string): Promise<boolean> =>
  gate(() => verify(passwordHash ?? nobodysHash, stable(password)))

const unpadded = (bytes: number): string => randomBytes(bytes).toString('base64').replace(/=+$/, '')
/** A hash in PHC form of no password at all. */
const nobodysHash = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$${unpadded(16)}$${unpadded(cost.outputLen)}`
