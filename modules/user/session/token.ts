import { createHash, randomBytes } from 'node:crypto'

const tokenPattern = /^[\w-]{43}$/

/** A session's token: 32 random bytes, base64url. */
export const createToken = (): string => randomBytes(32).toString('base64url')

/** Whether the text has the form of a token; any other text is rejected without a query. */
export const isToken = (text: string): boolean => tokenPattern.test(text)

/** Plain SHA-256 suffices, since 256 random bits cannot be guessed. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('base64url')
