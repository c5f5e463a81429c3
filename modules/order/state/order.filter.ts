import { eq, gte, lt, type SQL } from 'drizzle-orm'
import type { FulfilmentStatus, OrderStatus, PaymentStatus } from '../contract.ts'
import { orders } from '../schema.ts'

/** What staff look for among orders. Whatever is left out does not matter. */
export interface OrderFilter {
  status?: OrderStatus | undefined
  paymentStatus?: PaymentStatus | undefined
  fulfilmentStatus?: FulfilmentStatus | undefined
  number?: string | undefined
  /** From then on, and before then. */
  placedFrom?: string | undefined
  placedTo?: string | undefined
}

/**
 * The page itself walks the index on the time of placing. There is none on statuses: it would cost every order several
 * more index writes, where staff ask now and then.
 */
export const filterConditions = (filter: OrderFilter): (SQL | undefined)[] => [
  filter.status && eq(orders.status, filter.status),
  filter.paymentStatus && eq(orders.paymentStatus, filter.paymentStatus),
  filter.fulfilmentStatus && eq(orders.fulfilmentStatus, filter.fulfilmentStatus),
  filter.number === undefined ? undefined : eq(orders.number, filter.number),
  filter.placedFrom === undefined ? undefined : gte(orders.placedAt, new Date(filter.placedFrom)),
  filter.placedTo === undefined ? undefined : lt(orders.placedAt, new Date(filter.placedTo)),
]
