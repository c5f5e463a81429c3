import { v7 as uuidv7 } from 'uuid'
import { transaction, type Queryable } from '#db'
import { AppError } from '#errors'
import { consumeOrReject, networkOf } from '#rate-limit'
import type { Context } from '#rpc'
import type { BasicServices, Services } from '#services'
import { asUser, findAccountByEmail, insertAccount, type AccountRow } from '../account/account.store.ts'
import { rejectWeakPassword } from '../account/password.rules.ts'
import type { LoginInput, RegisterInput, SignedIn } from '../contract.ts'
import { normaliseEmail } from '../account/email-address.ts'
import { hashPassword, verifyPassword } from '../account/password.ts'
import { deviceLabel } from './device-label.ts'
import { knownDevice } from './device-token.ts'
import { lifetimeOf } from './lifetime.ts'
import { createLoginLimits } from './login-limits.ts'
import { deleteSessionOf, endSurplusSessions, insertSession } from './session.store.ts'
import { isToken } from './token.ts'

/** The client that logs in, as its request describes it. */
type Client = Pick<Context, 'address' | 'deviceToken' | 'sessionToken' | 'userAgent'>

/** Registration and login, rate-limited. */
interface SignIn {
  /** @throws AppError `email_taken`, `password_weak`, `too_many_requests`, `unavailable` */
  register(input: RegisterInput, client: Client): Promise<SignedIn>
  /** @throws AppError `login_failed`, whether or not the account exists; `too_many_requests`, `unavailable` */
  login(input: LoginInput, client: Client): Promise<SignedIn>
}

export type UserServices = BasicServices & Pick<Services, 'rateLimits' | 'secretKey'>

export function createSignIn({ config, database, rateLimits, secretKey }: UserServices): SignIn {
  const { query } = database
  const registrations = rateLimits.define({ name: 'register', points: config.REGISTER_ATTEMPTS, seconds: 15 * 60 })
  const logins = createLoginLimits(config, rateLimits)

  /** @throws AppError `login_failed` */
  async function checkPassword(email: string, password: string, network: string): Promise<AccountRow> {
    const row = await findAccountByEmail(query, email)
    const isRight = await verifyPassword(network, row?.passwordHash, password)
    if (row === undefined || !isRight || !mayLogIn(row)) throw new AppError('login_failed')
    return row
  }

  const mayLogIn = ({ disabledAt, isDemo, passwordExpiresAt }: AccountRow): boolean =>
    disabledAt === null &&
    !(isDemo && config.NODE_ENV === 'production') &&
    (passwordExpiresAt === null || passwordExpiresAt > new Date())

  /** Replaces the session that the client has: a login gives it another token (ASVS 7.2.4). */
  async function startSession(tx: Queryable, row: AccountRow, client: Client): Promise<SignedIn> {
    const { sessionToken, userAgent } = client
    const lifetime = lifetimeOf(config, row.role)
    const token = await insertSession(tx, { accountId: row.id, device: deviceLabel(userAgent), lifetime })
    if (sessionToken !== undefined && isToken(sessionToken)) await deleteSessionOf(tx, sessionToken)
    return { user: asUser(row), token }
  }

  return {
    async register(input, client) {
      const email = normaliseEmail(input.email)
      await rejectWeakPassword(input.password, { email, shopName: config.SHOP_NAME })
      const network = networkOf(client.address)
      await consumeOrReject({ limit: registrations, key: network })
      const passwordHash = await hashPassword(network, input.password)
      return transaction(database, async (tx) => {
        const row = await insertAccount(tx, {
          id: uuidv7(),
          email,
          name: input.name ?? null,
          locale: input.locale ?? 'en',
          role: 'customer',
          passwordHash,
        })
        if (row === undefined) throw new AppError('email_taken', { field: 'email' })
        return startSession(tx, row, client)
      })
    },

    async login(input, client) {
      const email = normaliseEmail(input.email)
      const network = networkOf(client.address)
      const device = knownDevice(secretKey, email, client.deviceToken)
      const row = await logins.limit({ email, network, device }, () => checkPassword(email, input.password, network))
      const signedIn = await transaction(database, (tx) => startSession(tx, row, client))
      await endSurplusSessions(query, row.id)
      return signedIn
    },
  }
}
