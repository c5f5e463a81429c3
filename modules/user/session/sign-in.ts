import { v7 as uuidv7 } from 'uuid'
import { transaction } from '#db'
import { AppError } from '#errors'
import { consumeOrReject, networkOf } from '#rate-limit'
import type { BasicServices, Services } from '#services'
import { asUser, findAccountByEmail, insertAccount } from '../account/account.store.ts'
import type { LoginInput, RegisterInput, SignedIn } from '../contract.ts'
import { normaliseEmail } from '../account/email-address.ts'
import { hashPassword, verifyPassword } from '../account/password.ts'
import { insertSession } from './session.store.ts'

/** An address may belong to an office or a mobile network: its limit is this many times the limit of one account. */
const accountsPerAddress = 5

/** Registration and login, rate-limited. `address` is the client's. */
interface SignIn {
  /** @throws AppError `email_taken`, `bad_input` (password), `too_many_requests`, `unavailable` */
  register(input: RegisterInput, address: string): Promise<SignedIn>
  /** @throws AppError `login_failed`, whether or not the account exists; `too_many_requests`, `unavailable` */
  login(input: LoginInput, address: string): Promise<SignedIn>
}

export type SignInServices = BasicServices & Pick<Services, 'rateLimits'>

export function createSignIn({ config, database, rateLimits }: SignInServices): SignIn {
  const seconds = 15 * 60
  const registrations = rateLimits.define({ name: 'register', points: config.REGISTER_ATTEMPTS, seconds })
  const accountLogins = rateLimits.define({ name: 'login-account', points: config.LOGIN_ATTEMPTS, seconds })
  const addressLogins = rateLimits.define({
    name: 'login-address',
    points: config.LOGIN_ATTEMPTS * accountsPerAddress,
    seconds,
  })

  /** Login throttling: a wrong password stays counted, a success resets the account, any other error is not counted. */
  async function limitGuesses<T>(email: string, network: string, work: () => Promise<T>): Promise<T> {
    const accountKey = `${network} ${email}`
    await consumeOrReject({ limit: addressLogins, key: network }, { limit: accountLogins, key: accountKey })
    try {
      const result = await work()
      await Promise.all([addressLogins.refund(network), accountLogins.reset(accountKey)])
      return result
    } catch (error) {
      const isGuess = error instanceof AppError && error.code === 'login_failed'
      if (!isGuess) await Promise.all([addressLogins.refund(network), accountLogins.refund(accountKey)])
      throw error
    }
  }

  return {
    async register(input, address) {
      const email = normaliseEmail(input.email)
      if (normaliseEmail(input.password) === email) {
        throw new AppError('bad_input', { field: 'password', message: 'The password must not be the e-mail address.' })
      }
      await consumeOrReject({ limit: registrations, key: networkOf(address) })
      const passwordHash = await hashPassword(input.password)
      return transaction(database, async (tx) => {
        const locale = input.locale ?? 'en'
        const row = await insertAccount(tx, {
          id: uuidv7(),
          email,
          name: input.name ?? null,
          locale,
          role: 'customer',
          passwordHash,
        })
        if (row === undefined) throw new AppError('email_taken', { field: 'email' })
        return { user: asUser(row), token: await insertSession(tx, row.id, config.SESSION_DAYS) }
      })
    },

    login(input, address) {
      const email = normaliseEmail(input.email)
      return limitGuesses(email, networkOf(address), async () => {
        const row = await findAccountByEmail(database.query, email)
        const isRight = await verifyPassword(row?.passwordHash, input.password)
        if (row === undefined || !isRight) throw new AppError('login_failed')
        return { user: asUser(row), token: await insertSession(database.query, row.id, config.SESSION_DAYS) }
      })
    },
  }
}
