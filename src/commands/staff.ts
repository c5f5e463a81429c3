import { text } from 'node:stream/consumers'
import { staffAccounts, type StaffAccounts } from '#app'
import { BootError } from '#errors'
import { noPayment, openShop } from './boot.ts'
import { print } from './print.ts'

interface PasswordOptions {
  passwordStdin?: boolean
}

/** Creates an account of staff, or enables a removed one again, and prints its generated password. */
export async function addStaff(email: string, options: PasswordOptions): Promise<void> {
  const password = await givenPassword(options)
  const { generated } = await withStaffAccounts((accounts) => accounts.add(email, password))
  print(`Added the account of staff ${email}.`)
  printPassword(generated)
}

/** Replaces the password of an account of staff, and ends its sessions. */
export async function resetStaffPassword(email: string, options: PasswordOptions): Promise<void> {
  const password = await givenPassword(options)
  const { generated } = await withStaffAccounts((accounts) => accounts.resetPassword(email, password))
  print(`Replaced the password of ${email} and ended its sessions.`)
  printPassword(generated)
}

/** Disables an account of staff, and ends its sessions. */
export async function removeStaff(email: string): Promise<void> {
  await withStaffAccounts((accounts) => accounts.remove(email))
  print(`Removed ${email} from the staff and ended its sessions. \`npm run staff -- add\` enables it again.`)
}

export async function listStaff(): Promise<void> {
  const accounts = await withStaffAccounts((all) => all.list())
  if (accounts.length === 0) print('There is no account of staff. `npm run staff -- add EMAIL` creates one.')
  for (const { email, state, createdAt } of accounts)
    print(`${email}  ${state.replace('_', ' ')}  since ${createdAt.toISOString().slice(0, 10)}`)
}

async function withStaffAccounts<T>(work: (accounts: StaffAccounts) => Promise<T>): Promise<T> {
  const shop = await openShop({ print, payment: noPayment })
  try {
    return await work(staffAccounts(shop.app))
  } finally {
    await shop.close()
  }
}

/** A password is never an argument: other users of the machine can read those. */
async function givenPassword({ passwordStdin = false }: PasswordOptions): Promise<string | undefined> {
  if (!passwordStdin) return undefined
  const password = (await text(process.stdin)).replace(/\r?\n$/, '')
  if (password === '') throw new BootError('Standard input is empty. Write the password to it.')
  return password
}

function printPassword(generated: string | undefined): void {
  if (generated === undefined) return
  print(`One-time password: ${generated}`)
  print('It is shown once and valid for 24 hours. Log in and change it before.')
}
