import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { normaliseEmail } from '../account/email-address.ts'

/**
 * Device cookie (OWASP): proves that this browser has logged in to the account before. Guesses of strangers then cannot
 * keep the owner out. It gives no access: a password is needed with it, and its guesses have a limit of their own.
 */
export function createDeviceToken(secret: string, email: string): string {
  const id = randomBytes(16).toString('base64url')
  return `${id}.${sign(secret, email, id)}`
}

/** The id of the device; undefined when it has not logged in to this account. */
export function knownDevice(secret: string, email: string, token: string | undefined): string | undefined {
  const [, id, signature] = /^([\w-]{22})\.([\w-]{43})$/.exec(token ?? '') ?? []
  if (id === undefined || signature === undefined) return undefined
  return timingSafeEqual(Buffer.from(signature), Buffer.from(sign(secret, email, id))) ? id : undefined
}

const sign = (secret: string, email: string, id: string): string =>
  createHmac('sha256', secret)
    .update(`device ${id} ${normaliseEmail(email)}`)
    .digest('base64url')
