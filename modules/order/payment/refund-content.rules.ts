import { AppError } from '#errors'
import { formatMoney, isPayable, payableStep } from '#lib/currency'
import type { Money } from '#schemas'
import { capturedMinor, owedRefunds, refundableMinor } from '../state/balance.rules.ts'
import type { MessageOf } from '../state/order.message.ts'
import type { OrderState, RefundState } from '../state/order.state.ts'
import { difference, merged, quantitiesOf, type Quantities } from '../state/quantity.rules.ts'
import { worthOf } from './worth.rules.ts'

/** What a refund returns: an amount, with the lines, shipping and tax in it. */
export type RefundContent = Pick<RefundState, 'amountMinor' | 'lines' | 'shippingMinor' | 'taxMinor'>

/**
 * What staff's request refunds: an amount, lines with their worth, the shipping, or everything that is left.
 * @throws AppError `order_state` when less is refundable; `bad_input` for another currency or contradictory input
 */
export function refundContent(state: OrderState, message: MessageOf<'refund'>): RefundContent {
  const { amount, lines, refundShipping = false } = message
  if (lines === undefined && !refundShipping) {
    const amountMinor = refundAmount(state, amount, 'amount')
    return amount === undefined ? remainder(state, amountMinor) : proportional(state, amountMinor)
  }
  if (amount !== undefined)
    throw new AppError('bad_input', {
      field: 'amount',
      message: 'Refund either an amount, or lines and shipping: leave one of them out.',
    })
  return refundOfLines(state, { lines: lines ?? [], withShipping: refundShipping })
}

/** The failed refund that is made again, as far as the shop still has the money. @throws AppError when it is not owed */
export function failedRefund(state: OrderState, failedRefundId: string): RefundContent & { intentId: string } {
  const failed = owedRefunds(state).find(({ id }) => id === failedRefundId)
  if (failed === undefined)
    throw new AppError('order_state', {
      field: 'failedRefundId',
      message: 'There is no failed refund of this id that is still owed. Look at the refunds of the order.',
    })
  const { intentId, amountMinor, lines, shippingMinor, taxMinor } = failed
  const isOwn = intentId === state.payment.intentId
  return isOwn && amountMinor > refundableMinor(state)
    ? { intentId, ...remainder(state, refundableMinor(state)) }
    : { intentId, amountMinor, lines, shippingMinor, taxMinor }
}

/**
 * Refund of the worth of these lines, with the shipping that was not refunded yet if `withShipping`.
 * @throws AppError `order_state` when more than was ordered would be refunded, or less money is left; `bad_input` when
 * nothing would be refunded
 */
export function refundOfLines(
  state: OrderState,
  part: { lines: readonly { sku: string; quantity: number }[]; withShipping: boolean },
): RefundContent {
  const lines = merged(part.lines)
  requireQuantity(lines, unrefundedOf(state))
  const content = contentOf(state, lines, part.withShipping)
  if (content.amountMinor === 0)
    throw new AppError('bad_input', { field: 'lines', message: 'Nothing was paid for this. Name what was paid for.' })
  refundAmount(state, { amount: content.amountMinor, currency: state.currency }, 'lines')
  return content
}

/** Refund that goes with cancelled lines: their worth as far as it was not refunded and the shop has it; null for none. */
export function refundOfCancelled(
  state: OrderState,
  { lines, withShipping }: { lines: readonly { sku: string; quantity: number }[]; withShipping: boolean },
): RefundContent | null {
  const unrefunded = unrefundedOf(state)
  const left = lines.map(({ sku, quantity }) => ({ sku, quantity: Math.min(quantity, unrefunded.get(sku) ?? 0) }))
  const content = contentOf(state, merged(left), withShipping)
  const amountMinor = Math.min(content.amountMinor, refundableMinor(state))
  if (amountMinor === 0) return null
  return amountMinor === content.amountMinor ? content : { ...content, ...proportional(state, amountMinor) }
}

function contentOf(
  state: OrderState,
  lines: readonly { sku: string; quantity: number }[],
  withShipping: boolean,
): RefundContent {
  const earlier = { lines: refundedOf(state), shippingMinor: refundedShippingMinor(state) }
  const shippingMinor = withShipping ? state.shippingMinor - earlier.shippingMinor : 0
  const { amountMinor, taxMinor } = worthOf(state, { lines: quantitiesOf(lines), shippingMinor }, earlier)
  return { amountMinor, taxMinor, shippingMinor, lines: lines.length === 0 ? null : [...lines] }
}

function requireQuantity(lines: readonly { sku: string; quantity: number }[], left: Quantities): void {
  for (const { sku, quantity } of lines) {
    const most = left.get(sku)
    if (most === undefined)
      throw new AppError('bad_input', { field: 'lines', message: `${sku} is not in this order. Name what is in it.` })
    if (quantity > most)
      throw new AppError('order_state', {
        field: 'lines',
        message: `Only ${most} of ${sku} have not been refunded. Refund that many or fewer, or name an amount.`,
      })
  }
}

/** Refunds of the order's own payment that have not failed. */
const standing = ({ refunds, payment }: OrderState): RefundState[] =>
  refunds.filter(({ status, intentId }) => status !== 'failed' && intentId === payment.intentId)

const refundedOf = (state: OrderState): Quantities => quantitiesOf(standing(state).flatMap(({ lines }) => lines ?? []))
const unrefundedOf = (state: OrderState): Quantities => difference(quantitiesOf(state.lines), refundedOf(state))
const refundedShippingMinor = (state: OrderState): number =>
  standing(state).reduce((sum, { shippingMinor }) => sum + shippingMinor, 0)

/** Shipping and tax in a refund of everything that is left. */
export function remainder(state: OrderState, amountMinor: number): RefundContent {
  const refundedTaxMinor = standing(state).reduce((sum, { taxMinor }) => sum + taxMinor, 0)
  return {
    amountMinor,
    lines: null,
    shippingMinor: Math.min(amountMinor, state.shippingMinor - refundedShippingMinor(state)),
    taxMinor: Math.min(amountMinor, state.taxMinor - refundedTaxMinor),
  }
}

/** An amount without lines has its share of the tax. */
const proportional = ({ taxMinor, totalMinor }: OrderState, amountMinor: number): RefundContent => ({
  amountMinor,
  lines: null,
  shippingMinor: 0,
  taxMinor: Math.round(taxMinor * (amountMinor / totalMinor)),
})

/**
 * The amount to refund, in minor units: everything refundable unless `amount` is given.
 * @param field path of the amount in the request, for errors
 * @throws AppError `order_state` when less than the amount is refundable; `bad_input` for another currency
 */
function refundAmount(state: OrderState, amount: Money | undefined, field: string): number {
  const { currency } = state
  if (amount !== undefined && amount.currency !== currency)
    throw new AppError('bad_input', {
      field: `${field}.currency`,
      message: `The order was paid in ${currency}: refund it in ${currency}.`,
    })
  if (state.paymentStatus === 'authorised')
    throw new AppError('order_state', {
      message: 'The money is only held, not captured. Cancel the order, or capture it first.',
    })
  const refundable = refundableMinor(state)
  if (refundable === 0) throw new AppError('order_state', { message: nothingLeft(state) })
  if (amount !== undefined && amount.amount > refundable)
    throw new AppError('order_state', {
      field: `${field}.amount`,
      message: `Only ${inText(refundable, currency)} can still be refunded. Ask for that or less.`,
    })
  if (amount !== undefined && !isPayable(amount))
    throw new AppError('bad_input', {
      field: `${field}.amount`,
      message: `${formatMoney(amount, 'en')} cannot be paid to a card. Ask for a multiple of ${inText(payableStep(currency), currency)}.`,
    })
  return amount?.amount ?? refundable
}

/** Refund of an amount that goes with a return. @throws AppError as {@link refundContent} does, or above `limitMinor` */
export function refundOfReturn(state: OrderState, amount: Money, limitMinor: number): RefundContent {
  const amountMinor = refundAmount(state, amount, 'refund')
  if (amountMinor > limitMinor)
    throw new AppError('order_state', {
      field: 'refund.amount',
      message: `What has come back is worth ${inText(limitMinor, state.currency)}, shipping and tax included, less what was refunded. Ask for that or less, or refund the rest by itself.`,
    })
  return proportional(state, amountMinor)
}

/** Limit of the refunds that go with returns: the worth of everything that came back and the shipping, less standing refunds. */
export function returnLimitMinor(state: OrderState, returned: Quantities): number {
  const all = { lines: returned, shippingMinor: state.shippingMinor }
  const { amountMinor } = worthOf(state, all, { lines: new Map(), shippingMinor: 0 })
  return Math.max(0, amountMinor - standing(state).reduce((sum, refunded) => sum + refunded.amountMinor, 0))
}

const inText = (amount: number, currency: string): string => formatMoney({ amount, currency }, 'en')

const nothingLeft = (state: OrderState): string =>
  capturedMinor(state) === 0
    ? 'Nothing was captured for this order: there is nothing to refund.'
    : 'Everything that was captured has been refunded, is being refunded or is disputed. Nothing is left to refund.'
