import type { OrderRecords } from './order.state.ts'

/** What an order gathers once it is paid, as it begins. */
export const noRecords = (): OrderRecords => ({ fulfilments: [], returns: [], refunds: [], disputes: [] })
