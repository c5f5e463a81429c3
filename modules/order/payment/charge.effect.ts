import { z } from 'zod'
import { RetryLaterError, type EffectContext, type EffectKind, type EffectResult } from '#actor'
import { PaymentRejectedError, type PaymentResult } from '#outbound'
import type { Services } from '#services'
import { addMs } from '../state/order-change.rules.ts'
import { lookUpFee, refundPayment } from '../state/order.outbox.ts'
import type { FindOrder, OrderState, RefundState } from '../state/order.state.ts'
import { retryWhileUncertain } from './payment.effect.ts'
import { lookUpIntervalMs } from './refund.rules.ts'

/**
 * Calls to the provider about a payment that is secured: captures held money, refunds captured money, looks up the fee.
 * The kind is separate from `payment` because the previous release would take a partial refund for a whole one (README,
 * "Message versions").
 */

const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('capture') }),
  z.object({ type: z.literal('lookUpFee') }),
  z.object({ type: z.literal('refund'), refundId: z.string() }),
])
type Charge = z.infer<typeof message>

export function createChargeEffect(
  { config, payments }: Pick<Services, 'config' | 'payments'>,
  findOrder: FindOrder,
): EffectKind<Charge> {
  return {
    kind: 'charge',
    version: 1,
    reads: [1],
    message,
    concurrency: 16,
    timeoutMs: config.PAYMENT_TIMEOUT_MS * 2 + 2_000,
    attemptsMax: 10_000,
    async run(charge, context) {
      const order = await findOrder(context.id)
      if (order === undefined) throw new Error('a charge message names an order that does not exist')
      return retryWhileUncertain(() => run(order, charge, context))
    },
  }

  async function run(order: OrderState, charge: Charge, context: EffectContext): Promise<EffectResult> {
    switch (charge.type) {
      case 'capture':
        return capture(order, context)
      case 'lookUpFee':
        return readFee(order)
      case 'refund':
        return refund(order, charge.refundId, context)
    }
  }

  /** Looks the payment up again until the provider reports its fee, which can be later than the capture. */
  async function readFee({ id, payment: { intentId, feeMinor } }: OrderState): Promise<EffectResult> {
    if (intentId === null || feeMinor !== null) return { outbox: [] }
    const result = await payments.lookUp(intentId)
    const isKnown = result.status === 'captured' && result.feeMinor !== null
    return isKnown ? outcomeOf(id, intentId, result) : { outbox: [lookUpFee(id, addMs(new Date(), lookUpIntervalMs))] }
  }

  async function capture(order: OrderState, { id, attempts, tries }: EffectContext): Promise<EffectResult> {
    const { intentId, heldMinor } = order.payment
    if (intentId === null || order.paymentStatus !== 'authorised') return { outbox: [] }
    const amount = { amount: Math.min(heldMinor, order.totalMinor), currency: order.currency }
    const found = tries === 0 ? null : await payments.lookUp(intentId)
    const isDone = found !== null && found.status !== 'authorised'
    const result = isDone ? found : await payments.capture({ intentId, amount, key: `${id}:capture:${attempts}` })
    return outcomeOf(id, intentId, result)
  }

  async function refund(order: OrderState, refundId: string, context: EffectContext): Promise<EffectResult> {
    const requested = order.refunds.find(({ id }) => id === refundId)
    if (requested?.status !== 'pending') return { outbox: [] }
    const amount = { amount: requested.amountMinor, currency: order.currency }
    const { intentId } = requested
    const report = { type: 'refundResult', intentId, refundId, amount } as const
    try {
      const { providerRefundId, status } = await payments.refund({
        intentId,
        refundId,
        amount,
        mayExist: mayExist(requested, context),
        key: `${refundId}:${context.attempts}`,
      })
      if (status === 'pending' && requested.providerRefundId !== null)
        return { outbox: [refundPayment(order.id, refundId, addMs(new Date(), lookUpIntervalMs))] }
      return { outcome: { kind: 'order', id: order.id, message: { ...report, providerRefundId, status } } }
    } catch (error) {
      if (!(error instanceof PaymentRejectedError)) throw error
      const rejected = { ...report, providerRefundId: null, status: 'failed', code: error.code } as const
      return { outcome: { kind: 'order', id: order.id, message: rejected } }
    }
  }
}

/** Whether an earlier call may have made the refund already. */
const mayExist = ({ providerRefundId }: RefundState, { attempts, tries }: EffectContext): boolean =>
  providerRefundId !== null || attempts > 0 || tries > 0

/** @throws RetryLaterError while the money is neither captured nor voided */
function outcomeOf(id: string, intentId: string, result: PaymentResult): EffectResult {
  if (result.status !== 'captured' && result.status !== 'voided')
    throw new RetryLaterError(`the held money is ${result.status}`, { delayMs: 2_000 })
  return { outcome: { kind: 'order', id, message: { type: 'paymentResult', intentId, result } } }
}
