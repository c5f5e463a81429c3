import { transaction } from '#db'
import { AppError } from '#errors'
import { consumeOrReject, networkOf } from '#rate-limit'
import type { Session } from '#rpc'
import { findAccount, updatePassword } from '../account/account.store.ts'
import { rejectWeakPassword } from '../account/password.rules.ts'
import { hashPassword, verifyPassword } from '../account/password.ts'
import type { ChangePasswordInput } from '../contract.ts'
import { deleteSessions } from './session.store.ts'
import type { UserServices } from './sign-in.ts'

/**
 * Changes the password of the caller and ends the other sessions, since one of them may be the reason for the change.
 * @throws AppError `login_failed` for a wrong current password, `password_weak`, `too_many_requests`, `unavailable`
 */
export type ChangePassword = (caller: Session, input: ChangePasswordInput, address: string) => Promise<void>

export function createPasswordChange({ config, database, rateLimits }: UserServices): ChangePassword {
  const attempts = rateLimits.define({ name: 'password-change', points: config.LOGIN_ATTEMPTS, seconds: 15 * 60 })

  return async (caller, { currentPassword, newPassword }, address) => {
    const network = networkOf(address)
    await rejectWeakPassword(newPassword, { email: caller.email, shopName: config.SHOP_NAME }, 'newPassword')
    if (newPassword === currentPassword) {
      throw new AppError('bad_input', {
        field: 'newPassword',
        message: 'The new password must differ from the current one.',
      })
    }
    await consumeOrReject({ limit: attempts, key: caller.userId })
    const row = await findAccount(database.query, caller.userId)
    const isRight = await verifyPassword(network, row?.passwordHash, currentPassword)
    if (!isRight)
      throw new AppError('login_failed', { field: 'currentPassword', message: 'The current password is wrong.' })
    const passwordHash = await hashPassword(network, newPassword)
    await transaction(database, async (tx) => {
      await updatePassword(tx, caller.userId, { passwordHash, passwordExpiresAt: null })
      await deleteSessions(tx, caller.userId, caller.id)
    })
    await attempts.reset(caller.userId)
  }
}
