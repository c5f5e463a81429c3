import { normaliseEmailAddress } from '#lib/email-address'

/** The normalised address under which an account is stored and found. */
export const normaliseEmail = (email: string): string => normaliseEmailAddress(email).normalize('NFC').toLowerCase()
