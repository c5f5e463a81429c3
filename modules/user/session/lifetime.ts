import type { Config } from '#config'
import type { Role } from '../contract.ts'

/** How long a session lasts. */
export interface Lifetime {
  /** From its login on. */
  absoluteMinutes: number
  /** From its last use on. */
  idleMinutes: number
}

/** Sessions of staff are shorter: what they may do is worth more to a thief. */
export function lifetimeOf(config: Config, role: Role): Lifetime {
  if (role === 'customer')
    return { absoluteMinutes: config.SESSION_DAYS * 24 * 60, idleMinutes: config.SESSION_IDLE_DAYS * 24 * 60 }
  return { absoluteMinutes: config.SESSION_STAFF_HOURS * 60, idleMinutes: config.SESSION_IDLE_STAFF_MINUTES }
}
