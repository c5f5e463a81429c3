import type { Facts } from './facts.ts'
import { booksAgree, capturedOnce, chargesHaveOrders, ledgerBalances, reportIsEmpty } from './money.ts'
import {
  acknowledgedOrdersExist,
  cancellationsHappened,
  failuresLeftNothing,
  oneOrderPerKeyAndCart,
  ordersWereRequested,
  repliesAreTheSame,
} from './orders.ts'
import { everyOrderSettles, emailsWereSent, noMessagesLeft, stateMovesForward } from './settled.ts'
import { openOrdersHoldStock, salesAreRecorded, stockAddsUp } from './stock.ts'
import type { Rule, Violation } from './violation.ts'

export { dumpDatabase, type Facts, type StoredOrder } from './facts.ts'
export { isUnknownMessage, openOrders } from './settled.ts'
export { violationNames, type Violation, type ViolationName } from './violation.ts'

const rules: readonly Rule[] = [
  acknowledgedOrdersExist,
  ordersWereRequested,
  oneOrderPerKeyAndCart,
  repliesAreTheSame,
  failuresLeftNothing,
  cancellationsHappened,
  capturedOnce,
  chargesHaveOrders,
  booksAgree,
  ledgerBalances,
  reportIsEmpty,
  stockAddsUp,
  openOrdersHoldStock,
  salesAreRecorded,
  everyOrderSettles,
  noMessagesLeft,
  emailsWereSent,
  stateMovesForward,
]

/** The offline checker, a pure function: applies every rule to the facts and returns all violations. */
export const check = (facts: Facts): Violation[] => rules.flatMap((rule) => rule(facts))
