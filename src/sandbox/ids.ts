import { randomUUID } from 'node:crypto'

/** An id as Stripe's look: prefix, underscore, 24 characters that nobody can guess. */
export function newId(prefix: 'pi' | 'ch' | 're' | 'du' | 'evt' | 'req' | 'fault'): string {
  return `${prefix}_${newSecret().slice(0, 24)}`
}

/** 32 hexadecimal characters from the system's randomness. */
export function newSecret(): string {
  return randomUUID().replaceAll('-', '')
}
