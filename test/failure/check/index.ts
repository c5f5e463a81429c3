import type { Facts } from './facts.ts'
import { booksAgree, capturedOnce, chargesHaveOrders, ledgerBalances, reportIsEmpty } from './money.ts'
import {
  acknowledgedOrdersExist,
  cancellationsHappened,
  failuresLeftNothing,
  oneOrderPerKeyAndCart,
  ordersWereAskedFor,
  repliesAreTheSame,
} from './orders.ts'
import { everyOrderSettles, lettersWereSent, noMailIsLeft, stateMovesForward } from './settled.ts'
import { openOrdersHoldStock, salesAreWrittenDown, stockAddsUp } from './stock.ts'
import type { Rule, Violation } from './violation.ts'

export { dumpDatabase, type Facts, type StoredOrder } from './facts.ts'
export { isForeign, openOrders } from './settled.ts'
export { violationNames, type Violation, type ViolationName } from './violation.ts'

const rules: readonly Rule[] = [
  acknowledgedOrdersExist,
  ordersWereAskedFor,
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
  salesAreWrittenDown,
  everyOrderSettles,
  noMailIsLeft,
  lettersWereSent,
  stateMovesForward,
]

/** The offline checker: pure, over what buyers were told, what the provider has booked and what the shop has stored. */
export const check = (facts: Facts): Violation[] => rules.flatMap((rule) => rule(facts))
