import type { Money } from '#schemas'
import type { LedgerAccount, MoneyKind } from '../admin.contract.ts'

/** Double-entry bookkeeping: every movement of money becomes entries that sum to zero. Debits are positive, credits negative. */

/** The account that each kind of movement debits, and the one that it credits. */
const bookings = {
  // Money that the buyer's bank holds for the shop is not the shop's yet, so it has two accounts of its own.
  hold: { debit: 'held', credit: 'holds' },
  hold_released: { debit: 'holds', credit: 'held' },
  capture: { debit: 'provider', credit: 'sales' },
  fee: { debit: 'fees', credit: 'provider' },
  fee_returned: { debit: 'provider', credit: 'fees' },
  refund: { debit: 'refunds', credit: 'provider' },
  refund_failed: { debit: 'provider', credit: 'refunds' },
  refund_outside: { debit: 'refunds', credit: 'bank' },
  dispute: { debit: 'disputes', credit: 'provider' },
  dispute_won: { debit: 'provider', credit: 'disputes' },
} as const satisfies Record<MoneyKind, { debit: LedgerAccount; credit: LedgerAccount }>

/** A movement of money, as an order's actor decides it. */
export interface MoneyMovement {
  kind: MoneyKind
  orderId: string
  /** The id of the cause: the provider's payment, our refund or the provider's dispute. With `kind` it identifies the movement. */
  reference: string
  /** Greater than zero. */
  amount: Money
}

export interface LedgerEntry {
  orderId: string
  movementId: string
  account: LedgerAccount
  kind: MoneyKind
  currency: string
  amountMinor: number
}

/** @throws Error for an amount that is not a positive whole number of minor units */
export function entriesOf({ kind, orderId, reference, amount }: MoneyMovement): LedgerEntry[] {
  if (!Number.isSafeInteger(amount.amount) || amount.amount <= 0)
    throw new Error(`a money movement must be a whole number of minor units above zero, not ${amount.amount}`)
  const { debit, credit } = bookings[kind]
  const entry = { orderId, movementId: `${kind}:${reference}`, kind, currency: amount.currency }
  return [
    { ...entry, account: debit, amountMinor: amount.amount },
    { ...entry, account: credit, amountMinor: -amount.amount },
  ]
}
