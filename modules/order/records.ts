import type { OrderRecords } from './state.ts'

/** What an order gathers once it is paid, as it begins. */
export const noRecords = (): OrderRecords => ({ fulfilments: [], returns: [], refunds: [], disputes: [] })
