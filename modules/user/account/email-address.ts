/** The normalised address under which an account is stored and found. */
export const normaliseEmail = (email: string): string => email.trim().normalize('NFC').toLowerCase()
