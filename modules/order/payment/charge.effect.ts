import { z } from 'zod'
import { RetryLaterError, type EffectContext, type EffectKind, type EffectResult } from '#actor'
import { PaymentRejectedError, type PaymentResult } from '#outbound'
import type { Services } from '#services'
import { askFee, giveBack, later } from '../state/order.change.ts'
import { retryWhileUncertain } from './payment.effect.ts'
import { askAgainMs } from './refund.rules.ts'
import type { FindOrder, OrderState, RefundState } from '../state/order.state.ts'

/**
 * What is done at the provider with a payment that is secured: taking held money, giving captured money back. A kind of
 * its own beside `payment`, since the version before would take a partial refund for a whole one (README, "Versions").
 */

const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('capture') }),
  z.object({ type: z.literal('fee') }),
  z.object({ type: z.literal('refund'), refundId: z.string() }),
])
type Charge = z.infer<typeof message>

export function createChargeEffect(
  { config, payments }: Pick<Services, 'config' | 'payments'>,
  find: FindOrder,
): EffectKind<Charge> {
  return {
    kind: 'charge',
    version: 1,
    reads: [1],
    message,
    concurrency: 16,
    timeoutMs: config.PAYMENT_TIMEOUT_MS * 2 + 2_000,
    attemptsMax: 10_000,
    async run(wanted, context) {
      const order = await find(context.id)
      if (order === undefined) throw new Error('a charge of an order that does not exist')
      return retryWhileUncertain(() => run(order, wanted, context))
    },
  }

  async function run(order: OrderState, wanted: Charge, context: EffectContext): Promise<EffectResult> {
    switch (wanted.type) {
      case 'capture':
        return capture(order, context)
      case 'fee':
        return learnFee(order)
      case 'refund':
        return refund(order, wanted.refundId, context)
    }
  }

  /** The provider may know its fee later than the capture. */
  async function learnFee({ id, payment: { intentId, feeMinor } }: OrderState): Promise<EffectResult> {
    if (intentId === null || feeMinor !== null) return { outbox: [] }
    const result = await payments.lookUp(intentId)
    const isKnown = result.status === 'captured' && result.feeMinor !== null
    return isKnown ? tell(id, intentId, result) : { outbox: [askFee(id, later(new Date(), askAgainMs))] }
  }

  async function capture(order: OrderState, { id, attempts, tries }: EffectContext): Promise<EffectResult> {
    const { intentId, heldMinor } = order.payment
    if (intentId === null || order.paymentStatus !== 'authorised') return { outbox: [] }
    const amount = { amount: Math.min(heldMinor, order.totalMinor), currency: order.currency }
    const seen = tries === 0 ? null : await payments.lookUp(intentId)
    const isTaken = seen !== null && seen.status !== 'authorised'
    const result = isTaken ? seen : await payments.capture({ intentId, amount, key: `${id}:capture:${attempts}` })
    return tell(id, intentId, result)
  }

  async function refund(order: OrderState, refundId: string, context: EffectContext): Promise<EffectResult> {
    const wanted = order.refunds.find(({ id }) => id === refundId)
    if (wanted?.status !== 'pending') return { outbox: [] }
    const amount = { amount: wanted.amountMinor, currency: order.currency }
    const { intentId } = wanted
    const told = { type: 'refundResult', intentId, refundId, amount } as const
    try {
      const { providerRefundId, status } = await payments.refund({
        intentId,
        refundId,
        amount,
        mayExist: wasSent(wanted, context),
        key: `${refundId}:${context.attempts}`,
      })
      if (status === 'pending' && wanted.providerRefundId !== null)
        return { outbox: [giveBack(order.id, refundId, later(new Date(), askAgainMs))] }
      return { outcome: { kind: 'order', id: order.id, message: { ...told, providerRefundId, status } } }
    } catch (error) {
      if (!(error instanceof PaymentRejectedError)) throw error
      const refused = { ...told, providerRefundId: null, status: 'failed', code: error.code } as const
      return { outcome: { kind: 'order', id: order.id, message: refused } }
    }
  }
}

const wasSent = ({ providerRefundId }: RefundState, { attempts, tries }: EffectContext): boolean =>
  providerRefundId !== null || attempts > 0 || tries > 0

/** `authorised` still: the provider has not taken it, and will be asked again. */
function tell(id: string, intentId: string, result: PaymentResult): EffectResult {
  if (result.status !== 'captured' && result.status !== 'voided')
    throw new RetryLaterError(`the held money is ${result.status}`, { delayMs: 2_000 })
  return { outcome: { kind: 'order', id, message: { type: 'paymentResult', intentId, result } } }
}
