import type { Money } from '#schemas'

/**
 * The double-entry ledger: every movement of money is booked as entries that sum to zero. Debits are positive, credits
 * negative. What stands on `provider` is what the payment provider owes us.
 */

export const ledgerAccounts = ['provider', 'sales', 'refunds', 'fees', 'disputes', 'held', 'holds'] as const
export type LedgerAccount = (typeof ledgerAccounts)[number]

/** What each kind of movement debits and credits. */
const bookings = {
  /** Money that the buyer's bank keeps for us: not ours yet, so it stands on two accounts of its own. */
  hold: { debit: 'held', credit: 'holds' },
  hold_released: { debit: 'holds', credit: 'held' },
  capture: { debit: 'provider', credit: 'sales' },
  fee: { debit: 'fees', credit: 'provider' },
  fee_returned: { debit: 'provider', credit: 'fees' },
  refund: { debit: 'refunds', credit: 'provider' },
  refund_failed: { debit: 'provider', credit: 'refunds' },
  dispute: { debit: 'disputes', credit: 'provider' },
  dispute_won: { debit: 'provider', credit: 'disputes' },
} as const satisfies Record<string, { debit: LedgerAccount; credit: LedgerAccount }>

export type MoneyKind = keyof typeof bookings

/** A movement of money, as an order's actor decides it. */
export interface MoneyMovement {
  kind: MoneyKind
  orderId: string
  /** With the kind it names what happened: the provider's payment, our refund, the provider's dispute. */
  reference: string
  /** More than nothing. */
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
    throw new Error(`money moves by whole minor units above zero, not ${amount.amount}`)
  const { debit, credit } = bookings[kind]
  const entry = { orderId, movementId: `${kind}:${reference}`, kind, currency: amount.currency }
  return [
    { ...entry, account: debit, amountMinor: amount.amount },
    { ...entry, account: credit, amountMinor: -amount.amount },
  ]
}
