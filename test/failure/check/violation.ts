import type { Facts } from './facts.ts'

/** The seven promises of the reliability contract, broken in one of these ways. */
export const violationNames = {
  lost_order: 'an acknowledged order does not exist, or is another than was acknowledged',
  order_of_nobody: 'an order that nobody has asked for',
  two_orders: 'two orders of one key, or of one cart',
  different_replies: 'one key was answered in two ways',
  charged_twice: 'an order was captured more than once, or opened twice at the provider',
  charge_of_nothing: 'money was taken for an order that does not exist, or not its total',
  books_differ: 'what we call captured and what the provider has captured are not the same',
  ledger_differs: 'our ledger does not balance, or is not what the provider holds',
  report_differs: "the shop's own reconciliation report is not empty",
  oversold: 'stock that does not add up, or is negative',
  stock_of_finished: 'a finished order holds stock, or an open one does not',
  unsettled: 'an order that is neither paid nor cancelled long after everything was healed',
  failed_took_effect: 'a request that was answered as failed took effect',
  cancel_forgotten: 'an acknowledged cancellation did not happen',
  mail_left: 'mail that nobody handles',
  mail_parked: 'mail that was given up',
  letter_missing: 'a paid or cancelled order without its letter',
  state_went_back: 'something happened to an order twice, or out of order',
} as const

export type ViolationName = keyof typeof violationNames

export interface Violation {
  name: ViolationName
  /** Which order, key, SKU ... and how. */
  what: string
}

export type Rule = (facts: Facts) => Violation[]
