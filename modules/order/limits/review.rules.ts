import { AppError } from '#errors'
import type { Locale } from '#schemas'
import { changed, type Change, type OrderDecision } from '../state/order-change.rules.ts'
import type { MessageOf } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'

/** Attempts to pay one order, and its hold for review by staff: it takes no payment, and nothing is sent, until it is released. */

/**
 * @param attemptsMax attempts allowed before staff look at the order, and again after they have released it
 * @throws AppError `too_many_requests` for an order that is on hold, or is to be put on hold
 */
export function requireAttemptsLeft(state: OrderState, attemptsMax: number): void {
  if (state.reviewSince === null && attemptsOf(state) < attemptsMax) return
  throw new AppError('too_many_requests', { message: onHold[state.locale], retryAfterSeconds: retrySeconds })
}

/** Attempts since the order was placed or released. */
function attemptsOf({ timeline }: OrderState): number {
  const released = timeline.findLastIndex(({ event }) => event === 'hold_released')
  const retries = timeline.slice(released + 1).filter(({ event }) => event === 'payment_retried').length
  return released === -1 ? retries + 1 : retries
}

/** Staff usually need longer; the buyer is told to write to the shop. */
const retrySeconds = 15 * 60
const onHold: Record<Locale, string> = {
  en: 'Too many attempts to pay this order. It is on hold until we have looked at it: contact the shop, or try again later.',
  zh: '此订单的付款尝试次数过多，已暂停等待审核。请联系商店，或稍后再试。',
}

/** Puts an order that waits for its payment on hold. Safe to repeat. */
export function hold(state: OrderState, { by, note }: MessageOf<'hold'>, now: Date): OrderDecision {
  if (state.reviewSince !== null) return {}
  return { state: changed(state, { reviewSince: now }, { at: now, by, event: 'on_hold', note, isInternal: true }) }
}

/** @throws AppError `order_state` for an order that is not on hold */
export function release(state: OrderState, { by, note }: MessageOf<'release'>, now: Date): Change {
  if (state.reviewSince === null)
    throw new AppError('order_state', { message: 'The order is not on hold: there is nothing to release.' })
  return {
    state: changed(state, { reviewSince: null }, { at: now, by, event: 'hold_released', note, isInternal: true }),
  }
}
