import type { Logger } from 'pino'
import { metrics } from './metrics.ts'

/** Names of security events (ASVS 16.3), which alerts rely on. */
export type SecurityEvent =
  | 'registered'
  | 'login_succeeded'
  | 'login_failed'
  | 'password_changed'
  | 'sessions_ended'
  | 'throttled'
  | 'access_denied'

/** Where and by whom. No e-mail address, name or whole IP address: the request's id leads to the rest. */
export interface SecurityEventDetails {
  requestId: string
  /** The account, where the caller is logged in. */
  userId?: string | undefined
  /** The truncated network of the client. */
  network: string
  procedure?: string
}

/** Lines logged in one second. An attack makes thousands of events: further ones are counted only. */
const linesMax = 20
let second = 0
let lines = 0

/** Counts a security event, and logs it unless very many happen. */
export function reportSecurityEvent(log: Logger, event: SecurityEvent, details: SecurityEventDetails): void {
  metrics.securityEvents.inc({ event })
  const now = Math.floor(performance.now() / 1_000)
  if (now !== second) [second, lines] = [now, 0]
  lines += 1
  if (lines > linesMax) return
  const isSuspicious = event === 'login_failed' || event === 'throttled' || event === 'access_denied'
  log[isSuspicious ? 'warn' : 'info']({ event, ...details }, 'security event')
}
