/** The one spelling of an address under which its account is kept and found. */
export const normaliseEmail = (email: string): string => email.trim().normalize('NFC').toLowerCase()
