import { v7 as uuidv7 } from 'uuid'
import type { Session } from '#rpc'
import type { BasicServices } from '#services'
import type { Locale } from '#schemas'
import { upsertAccount } from './account/account.store.ts'
import type { Role } from './contract.ts'
import { normaliseEmail } from './account/email-address.ts'
import { hashPassword } from './account/password.ts'
import { createUserRouter } from './router.ts'
import { deleteExpiredSessions, findSession, touchSession } from './session/session.store.ts'
import { isToken } from './session/token.ts'

export { recordAudit, type AuditEntry } from './audit/audit.store.ts'

/** Who buys and who works here. */
export function createUserModule(services: BasicServices) {
  const { config, database, log } = services
  return {
    name: 'user' as const,
    router: createUserRouter(services),

    /** Whose token this is; null when it is not one, was logged out or has expired. */
    async authenticate(token: string): Promise<Session | null> {
      const found = isToken(token) ? await findSession(database.query, token) : undefined
      if (found === undefined) return null
      const { isStale, ...session } = found
      if (isStale && !config.READ_ONLY) {
        await touchSession(database.query, session.id).catch((error: unknown) => {
          log.warn({ err: error }, 'a session stays valid, but its use could not be noted')
        })
      }
      return session
    },

    /** Deletes expired sessions, at most `most`, and says how many; safe from any number of replicas at once. */
    cleanUp: (most: number): Promise<number> => deleteExpiredSessions(database.query, most),
  }
}

/** An account that exists without having registered: demo customers, the first of the staff. */
export interface AccountSeed {
  email: string
  password: string
  name: string
  role: Role
  locale: Locale
}

/** Makes these accounts, or brings those that exist to this password, name, role and locale. Safe to repeat. */
export async function seedAccounts(services: BasicServices, accounts: readonly AccountSeed[]): Promise<void> {
  for (const { email, password, name, role, locale } of accounts) {
    const passwordHash = await hashPassword(password)
    await upsertAccount(services.database.query, {
      id: uuidv7(),
      email: normaliseEmail(email),
      name,
      locale,
      role,
      passwordHash,
    })
  }
}
