import { createHash, randomBytes } from 'node:crypto'

const shape = /^[\w-]{43}$/

/** A session's token: 32 random bytes, base64url. */
export const createToken = (): string => randomBytes(32).toString('base64url')

/** Whether it can be a token at all: what cannot is refused without asking Postgres. */
export const isToken = (text: string): boolean => shape.test(text)

/** Plain SHA-256 is enough: there is nothing to guess in 256 random bits. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('base64url')
