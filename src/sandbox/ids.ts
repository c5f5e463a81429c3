import { randomUUID } from 'node:crypto'

/** An id in Stripe's format: prefix, underscore, 24 random characters. */
export function newId(prefix: 'pi' | 'ch' | 're' | 'du' | 'evt' | 'req' | 'fault'): string {
  return `${prefix}_${newSecret().slice(0, 24)}`
}

/** 32 random hexadecimal characters from the operating system. */
export function newSecret(): string {
  return randomUUID().replaceAll('-', '')
}
