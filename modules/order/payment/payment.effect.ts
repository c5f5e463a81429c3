import { z } from 'zod'
import { RetryLaterError, type EffectContext, type EffectKind, type EffectResult } from '#actor'
import { OutboundError, type PaymentResult } from '#outbound'
import type { Services } from '#services'
import { later, movePayment } from '../state/order.change.ts'
import { lookEveryMs } from './payment.rules.ts'
import { orderUrl } from '../email/money-text.ts'
import type { PayableOrder } from '../state/order.state.ts'

/**
 * Moves the payment provider one step towards what the order wants at this moment, and tells the order what came of
 * it. Safe to repeat: a payment is opened and its id stored before it is charged, one payment is captured once by the
 * provider's own rules, and a charge whose outcome is not known is looked for before it is sent again.
 */

/** `round`: the provider's definite failures at this attempt so far; each opens a new idempotency key. */
const message = z.object({ type: z.literal('settle'), round: z.int().optional() })
type Settle = z.infer<typeof message>
type Context = Pick<EffectContext, 'id' | 'tries'> & { round: number }

/** @param find reads what an order wants now */
export function createPaymentEffect(
  { config, payments }: Pick<Services, 'config' | 'payments'>,
  find: (id: string) => Promise<PayableOrder | undefined>,
): EffectKind<Settle> {
  return {
    kind: 'payment',
    version: 1,
    reads: [1],
    message,
    // More than the provider is asked at once: an outcome waits for a turn, and the fuller that is the less it costs.
    concurrency: 256,
    timeoutMs: config.PAYMENT_TIMEOUT_MS * 2 + 2_000,
    // A provider that answers 500 for a day must not park a shop's payments.
    attemptsMax: 10_000,
    async run({ round = 0 }, { id, attempts, tries }) {
      const order = await find(id)
      if (order === undefined) throw new Error('a payment of an order that does not exist')
      return retryWhileUncertain(() => settle(order, { id, tries, round: round + attempts }))
    },
  }

  async function settle(order: PayableOrder, context: Context): Promise<EffectResult> {
    switch (order.payment.wanted) {
      case 'nothing':
        return { outbox: [] }
      case 'capture':
        return pay(order, context)
      case 'void':
        return giveUp(order, context)
      case 'refund':
        return { outcome: { kind: 'order', id: context.id, message: { type: 'refundWanted' } } }
    }
  }

  async function pay(order: PayableOrder, context: Context): Promise<EffectResult> {
    const { id, round, tries } = context
    const { attempt, intentId, capture } = order.payment
    if (order.status !== 'placed') return { outbox: [] }
    if (intentId === null) {
      const amount = { amount: order.totalMinor, currency: order.currency }
      const opened = await payments.open({ orderId: id, amount, capture, key: `${id}:open:${attempt}:${round}` })
      return { outcome: { kind: 'order', id, message: { type: 'paymentOpened', intentId: opened.intentId, attempt } } }
    }
    switch (order.paymentStatus) {
      case 'requires_action':
        return watchBuyer(order, intentId)
      case 'pending':
      case 'unknown': {
        // A first attempt has not been sent yet; any other may have taken effect, or the buyer's bank has agreed to it.
        const isFirst = attempt === 1 && tries === 0 && order.paymentStatus === 'pending'
        const seen = isFirst ? null : await payments.lookUp(intentId)
        return seen === null || mayBeSent(seen, order)
          ? charge(order, intentId, context)
          : tell(id, { intentId, result: seen, attempt })
      }
      default:
        return { outbox: [] }
    }
  }

  async function charge(order: PayableOrder, intentId: string, { id, round }: Context): Promise<EffectResult> {
    const { attempt, token } = order.payment
    const key = `${id}:confirm:${attempt}:${round}`
    try {
      const result = await payments.confirm({ intentId, token, returnUrl: orderUrl(config, id), key })
      return tell(id, { intentId, result, attempt })
    } catch (error) {
      const isNews = order.paymentStatus === 'pending' && error instanceof OutboundError && error.reason === 'unknown'
      if (!isNews) throw error
      return { outcome: { kind: 'order', id, message: { type: 'paymentUnknown', intentId, attempt, round } } }
    }
  }

  /** The buyer is at the bank: what came of it is told by webhook, or seen here. */
  async function watchBuyer(order: PayableOrder, intentId: string): Promise<EffectResult> {
    const result = await payments.lookUp(intentId)
    if (result.status !== 'requires_action') return tell(order.id, { intentId, result, attempt: order.payment.attempt })
    return { outbox: [movePayment(order.id, { dueAt: later(new Date(), lookEveryMs) })] }
  }

  async function giveUp(order: PayableOrder, { id, round }: Context): Promise<EffectResult> {
    const { attempt, intentId } = order.payment
    if (intentId === null) return { outbox: [] }
    return tell(id, { intentId, result: await payments.void({ intentId, key: `${id}:void:${round}` }), attempt })
  }
}

/** `open`, or an earlier decline: this attempt has not taken effect. A new attempt may also leave the bank's page behind. */
const mayBeSent = ({ status }: PaymentResult, { paymentStatus }: PayableOrder): boolean =>
  status === 'open' || status === 'declined' || (status === 'requires_action' && paymentStatus === 'pending')

function tell(id: string, told: { intentId: string; result: PaymentResult; attempt: number }): EffectResult {
  if (told.result.status === 'processing') throw new RetryLaterError('the provider is still at it', { delayMs: 1_000 })
  return { outcome: { kind: 'order', id, message: { type: 'paymentResult', ...told } } }
}

/** What the provider failed at spends an attempt: the next one asks under a new key. What is open does not. */
export async function retryWhileUncertain(work: () => Promise<EffectResult>): Promise<EffectResult> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OutboundError && error.reason !== 'failed')
      throw new RetryLaterError(error.message, { cause: error })
    throw error
  }
}
