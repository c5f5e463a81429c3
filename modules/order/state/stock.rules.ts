import type { OrderState } from './order.state.ts'

/**
 * Whether the order's stock has been sold, and not only reserved. Read from the timeline, which every version writes
 * alike: of two programs that run at once neither can sell what the other has sold already.
 */
export const isSold = ({ timeline }: Pick<OrderState, 'timeline'>): boolean =>
  timeline.some(({ event }) => event === 'paid' || event === 'capture_failed')
