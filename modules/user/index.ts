import { v7 as uuidv7 } from 'uuid'
import type { Session } from '#rpc'
import type { BasicServices } from '#services'
import type { Locale } from '#schemas'
import { upsertAccount } from './account/account.store.ts'
import type { Role } from './contract.ts'
import { normaliseEmail } from './account/email-address.ts'
import { hashPassword } from './account/password.ts'
import { createUserRouter } from './router.ts'
import { lifetimeOf } from './session/lifetime.ts'
import { deleteExpiredSessions, findSession, touchSession } from './session/session.store.ts'
import type { UserServices } from './session/sign-in.ts'
import { isToken } from './session/token.ts'

export { createStaffAccounts, type StaffAccounts } from './staff/staff-accounts.ts'
export { findLiveSessions } from './session/session.store.ts'
export { recordAudit, type AuditEntry } from './audit/audit.store.ts'

/** Accounts, sessions and the audit of staff actions. */
export function createUserModule(services: UserServices) {
  const { config, database, log } = services
  return {
    name: 'user' as const,
    router: createUserRouter(services),

    /** The session of this token; null when the token is malformed, logged out or expired. */
    async authenticate(token: string): Promise<Session | null> {
      const found = isToken(token) ? await findSession(database.query, token) : undefined
      if (found === undefined) return null
      const { isStale, isDemo, ...session } = found
      if (isDemo && config.NODE_ENV === 'production') return null
      if (isStale && !config.READ_ONLY) {
        await touchSession(database.query, session.id, lifetimeOf(config, session.role)).catch((error: unknown) => {
          log.warn({ err: error }, 'the last use of a session could not be recorded; the session stays valid')
        })
      }
      return session
    },

    /** Deletes at most `limit` expired sessions; replicas may do so concurrently. @returns the number deleted */
    cleanUp: (limit: number): Promise<number> => deleteExpiredSessions(database.query, limit),
  }
}

/** A demo account, whose password is published: it cannot log in in production. */
export interface AccountSeed {
  email: string
  password: string
  name: string
  role: Role
  locale: Locale
}

/** Creates these accounts, or updates password, name, role and locale of those that exist. Idempotent. */
export async function seedAccounts(services: BasicServices, accounts: readonly AccountSeed[]): Promise<void> {
  for (const { email, password, name, role, locale } of accounts) {
    const passwordHash = await hashPassword('seed', password)
    await upsertAccount(services.database.query, {
      id: uuidv7(),
      email: normaliseEmail(email),
      name,
      locale,
      role,
      passwordHash,
      isDemo: true,
    })
  }
}
