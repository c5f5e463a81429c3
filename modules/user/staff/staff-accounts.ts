import { randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { transaction, type Queryable } from '#db'
import { AppError } from '#errors'
import { emailSchema } from '#schemas'
import type { BasicServices } from '#services'
import { recordAudit } from '../audit/audit.store.ts'
import { deleteSessions } from '../session/session.store.ts'
import {
  findAccountByEmail,
  insertAccount,
  listStaffAccounts,
  setDisabled,
  updatePassword,
  type AccountRow,
} from '../account/account.store.ts'
import { normaliseEmail } from '../account/email-address.ts'
import { rejectWeakPassword } from '../account/password.rules.ts'
import { hashPassword } from '../account/password.ts'

/** Accounts of staff, administered at the command line by those who may read the database. Every change is audited. */
export interface StaffAccounts {
  /** Creates an account of staff, or enables a removed one again. @throws AppError `email_taken`, `bad_input`, `password_weak` */
  add(email: string, password?: string): Promise<StaffPassword>
  /** Replaces the password and ends all sessions. @throws AppError `not_found`, `password_weak` */
  resetPassword(email: string, password?: string): Promise<StaffPassword>
  /** Disables the account and ends all sessions. Its id stays in the audit and in orders. @throws AppError `not_found` */
  remove(email: string): Promise<void>
  list(): Promise<StaffAccount[]>
}

/** A generated password, which its owner must change before it expires; undefined where one was given. */
export interface StaffPassword {
  generated: string | undefined
}

export interface StaffAccount {
  email: string
  createdAt: Date
  state: 'active' | 'password_expired' | 'removed' | 'demo'
}

/** Actor of audit records that are written at the command line, where nobody is logged in. */
const commandLineId = '00000000-0000-0000-0000-000000000000'
const generatedPasswordHours = 24

export function createStaffAccounts({ config, database }: BasicServices): StaffAccounts {
  async function choosePassword(email: string, given: string | undefined) {
    if (given !== undefined) {
      if (given.length < 8 || given.length > 200)
        throw new AppError('bad_input', { field: 'password', message: 'A password has 8 to 200 characters.' })
      await rejectWeakPassword(given, { email, shopName: config.SHOP_NAME })
    }
    const password = given ?? randomBytes(15).toString('base64url')
    return {
      generated: given === undefined ? password : undefined,
      passwordHash: await hashPassword('command line', password),
      passwordExpiresAt: given === undefined ? new Date(Date.now() + generatedPasswordHours * 3_600_000) : null,
    }
  }

  const audit = (tx: Queryable, action: string, id: string) =>
    recordAudit(tx, { actorId: commandLineId, action, subject: `account:${id}`, requestId: 'command line' })

  async function requireStaff(tx: Queryable, email: string): Promise<AccountRow> {
    const row = await findAccountByEmail(tx, email)
    if (row?.role === 'staff') return row
    throw new AppError('not_found', {
      field: 'email',
      message: 'No account of staff has this e-mail address. `npm run staff -- list` shows them all.',
    })
  }

  return {
    async add(address, given) {
      const email = parseEmail(address)
      const { generated, ...password } = await choosePassword(email, given)
      await transaction(database, async (tx) => {
        const inserted = await insertAccount(tx, {
          id: uuidv7(),
          email,
          name: null,
          locale: 'en',
          role: 'staff',
          ...password,
        })
        if (inserted !== undefined) return audit(tx, 'account.add', inserted.id)
        const row = await findAccountByEmail(tx, email)
        if (row?.role !== 'staff' || row.disabledAt === null) {
          throw new AppError('email_taken', {
            field: 'email',
            message:
              row?.role === 'staff'
                ? 'This account of staff exists. `npm run staff -- reset-password` gives it another password.'
                : 'A customer has an account with this e-mail address. Use another address for staff.',
          })
        }
        await setDisabled(tx, row.id, false)
        await updatePassword(tx, row.id, password)
        await audit(tx, 'account.enable', row.id)
      })
      return { generated }
    },

    async resetPassword(address, given) {
      const email = parseEmail(address)
      await requireStaff(database.query, email)
      const { generated, ...password } = await choosePassword(email, given)
      await transaction(database, async (tx) => {
        const { id } = await requireStaff(tx, email)
        await updatePassword(tx, id, password)
        await deleteSessions(tx, id)
        await audit(tx, 'account.reset_password', id)
      })
      return { generated }
    },

    async remove(address) {
      await transaction(database, async (tx) => {
        const { id } = await requireStaff(tx, parseEmail(address))
        await setDisabled(tx, id, true)
        await deleteSessions(tx, id)
        await audit(tx, 'account.remove', id)
      })
    },

    async list() {
      const rows = await listStaffAccounts(database.query)
      return rows.map((row) => ({ email: row.email, createdAt: row.createdAt, state: stateOf(row) }))
    },
  }
}

function parseEmail(address: string): string {
  const parsed = emailSchema.safeParse(address)
  if (parsed.success) return normaliseEmail(parsed.data)
  throw new AppError('bad_input', { field: 'email', message: `${JSON.stringify(address)} is not an e-mail address.` })
}

function stateOf({ disabledAt, isDemo, passwordExpiresAt }: AccountRow): StaffAccount['state'] {
  if (disabledAt !== null) return 'removed'
  if (isDemo) return 'demo'
  return passwordExpiresAt !== null && passwordExpiresAt < new Date() ? 'password_expired' : 'active'
}
