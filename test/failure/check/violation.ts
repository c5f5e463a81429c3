import type { Facts } from './facts.ts'

/** The ways in which the seven promises of the reliability contract can be broken. */
export const violationNames = {
  lost_order: 'an acknowledged order does not exist, or differs from its acknowledgement',
  order_without_request: 'an order that no buyer requested',
  duplicate_order: 'two orders of one key, or of one cart',
  different_replies: 'two different replies to one key',
  charged_twice: 'an order was captured more than once, or opened twice at the provider',
  charge_without_order: 'a charge for an order that does not exist, or of another amount than its total',
  books_differ: 'an order whose payment status differs from the captures at the provider',
  ledger_differs: "the shop's ledger does not balance, or differs from the amounts held by the provider",
  report_differs: "the shop's own reconciliation report is not empty",
  oversold: 'stock that does not add up, or is negative',
  stock_differs: 'a finished order holds stock, or an open one does not',
  unsettled: 'an order that is neither paid nor cancelled long after every fault was healed',
  failed_took_effect: 'a request that failed took effect',
  cancellation_lost: 'an acknowledged cancellation did not happen',
  message_left: 'a message that no worker handles',
  dead_letter_found: 'a message that was dead-lettered',
  email_missing: 'a paid or cancelled order without its email',
  state_regressed: 'an event of an order happened twice, or out of sequence',
} as const

export type ViolationName = keyof typeof violationNames

export interface Violation {
  name: ViolationName
  /** Names the order, key or SKU, and the difference. */
  detail: string
}

export type Rule = (facts: Facts) => Violation[]
