import { z } from 'zod'
import { RetryLaterError, type EffectContext, type EffectKind, type EffectResult } from '#actor'
import { OutboundError, PaymentRejectedError, type PaymentResult } from '#outbound'
import type { Services } from '#services'
import { addMs } from '../state/order-change.rules.ts'
import { movePayment } from '../state/order.outbox.ts'
import type { PayableOrder } from '../state/order.state.ts'
import { orderUrl } from '../state/order.view.ts'
import { bankPollMs } from './payment.rules.ts'

/**
 * Desired state: each run moves the payment at the provider one step towards `payment.wanted`, and reports the result to
 * the order. Safe to repeat: a payment is opened and its id stored before it is charged, the provider captures one payment
 * once, and a charge with an unknown outcome is looked up before it is sent again.
 */

/** `round` counts the provider's definite failures at this attempt so far; each begins a new idempotency key. */
const message = z.object({ type: z.literal('move'), round: z.int().optional() })
type Move = z.infer<typeof message>
type Context = Pick<EffectContext, 'id' | 'tries'> & { round: number }

/** @param findOrder reads the order as it is now, with what it wants of the provider */
export function createPaymentEffect(
  { config, payments, log }: Pick<Services, 'config' | 'payments' | 'log'>,
  findOrder: (id: string) => Promise<PayableOrder | undefined>,
): EffectKind<Move> {
  const { PAYMENT_RETRY_SECONDS: retrySeconds } = config
  return {
    kind: 'payment',
    version: 1,
    reads: [1],
    message,
    // More than the provider's own concurrency limit: outcomes then wait for turns in larger batches, which cost less.
    concurrency: 256,
    timeoutMs: config.PAYMENT_TIMEOUT_MS * 2 + 2_000,
    // A provider that answers 500 for a day must not dead-letter a shop's payments.
    attemptsMax: 10_000,
    async run({ round = 0 }, { id, attempts, tries }) {
      const order = await findOrder(id)
      if (order === undefined) throw new Error('a payment message names an order that does not exist')
      return retryWhileUncertain(() => move(order, { id, tries, round: round + attempts }))
    },
  }

  async function move(order: PayableOrder, context: Context): Promise<EffectResult> {
    switch (order.payment.wanted) {
      case 'nothing':
        return { outbox: [] }
      case 'capture':
        return pay(order, context)
      case 'void':
        return voidPayment(order, context)
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
      try {
        const opened = await payments.open({ orderId: id, amount, capture, key: `${id}:open:${attempt}:${round}` })
        const report = { type: 'paymentOpened', intentId: opened.intentId, attempt }
        return { outcome: { kind: 'order', id, message: report } }
      } catch (error) {
        return rejectedOutcome(order, error)
      }
    }
    switch (order.paymentStatus) {
      case 'requires_action':
        return pollBank(order, intentId)
      case 'pending':
      case 'unknown': {
        // Only the very first run can be sure that nothing was sent; later the charge, or the bank, may have succeeded.
        const isFirst = attempt === 1 && tries === 0 && order.paymentStatus === 'pending'
        const found = isFirst ? null : await payments.lookUp(intentId)
        return found === null || mayBeSent(found, order)
          ? charge(order, intentId, context)
          : outcomeOf(id, { intentId, result: found, attempt, retrySeconds })
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
      return outcomeOf(id, { intentId, result, attempt, retrySeconds })
    } catch (error) {
      const isNowUnknown =
        order.paymentStatus === 'pending' && error instanceof OutboundError && error.reason === 'unknown'
      if (!isNowUnknown) return rejectedOutcome(order, error)
      return { outcome: { kind: 'order', id, message: { type: 'paymentUnknown', intentId, attempt, round } } }
    }
  }

  /** The provider's definite no ends the attempt, and is logged once. Any other error is thrown again. */
  function rejectedOutcome({ id, payment }: PayableOrder, error: unknown): EffectResult {
    if (!(error instanceof PaymentRejectedError)) throw error
    const { intentId, attempt } = payment
    log.warn({ err: error, order: id }, 'the payment provider rejects the payment of an order for good')
    return {
      outcome: {
        kind: 'order',
        id,
        message: { type: 'paymentRejected', intentId, attempt, code: error.code, retrySeconds },
      },
    }
  }

  /** Polls the payment while the buyer is at the bank; the webhook usually reports the result earlier. */
  async function pollBank(order: PayableOrder, intentId: string): Promise<EffectResult> {
    const result = await payments.lookUp(intentId)
    if (result.status !== 'requires_action')
      return outcomeOf(order.id, { intentId, result, attempt: order.payment.attempt, retrySeconds })
    return { outbox: [movePayment(order.id, { dueAt: addMs(new Date(), bankPollMs) })] }
  }

  async function voidPayment(order: PayableOrder, { id, round }: Context): Promise<EffectResult> {
    const { attempt, intentId } = order.payment
    if (intentId === null) return { outbox: [] }
    const result = await payments.void({ intentId, key: `${id}:void:${round}` })
    return outcomeOf(id, { intentId, result, attempt })
  }
}

/**
 * Whether the charge of this attempt may be sent: the payment is open, or shows an earlier decline. A new attempt may also
 * leave the bank's page of the earlier one behind.
 */
const mayBeSent = ({ status }: PaymentResult, { paymentStatus }: PayableOrder): boolean =>
  status === 'open' || status === 'declined' || (status === 'requires_action' && paymentStatus === 'pending')

/** @throws RetryLaterError while the provider is processing the payment */
function outcomeOf(
  id: string,
  report: { intentId: string; result: PaymentResult; attempt: number; retrySeconds?: number },
): EffectResult {
  if (report.result.status === 'processing')
    throw new RetryLaterError('the provider is still processing the payment', { delayMs: 1_000 })
  return { outcome: { kind: 'order', id, message: { type: 'paymentResult', ...report } } }
}

/** A definite failure of the provider spends an attempt, so that the next try uses a new key. An uncertain outcome does not. */
export async function retryWhileUncertain(work: () => Promise<EffectResult>): Promise<EffectResult> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OutboundError && error.reason !== 'failed')
      throw new RetryLaterError(error.message, { cause: error })
    throw error
  }
}
