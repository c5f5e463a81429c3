import { z } from 'zod'
import { PutOff, type EffectContext, type EffectKind, type EffectResult } from '#actor'
import { OutboundError, type PaymentResult } from '#outbound'
import type { Services } from '#services'
import { loadOrder } from './order.store.ts'
import { orderUrl } from './text.ts'
import type { OrderState } from './state.ts'

/**
 * Moves the payment provider one step towards what the order wants at this moment, and tells the order what came of
 * it. Safe to repeat: a payment is opened and its id stored before it is charged, one payment is captured once by the
 * provider's own rules, and a call whose outcome is not known is followed by a look before it is sent again.
 */

const message = z.object({ type: z.literal('settle') })
type Settle = z.infer<typeof message>

export function createPaymentEffect({ config, database, payments }: Services): EffectKind<Settle> {
  return {
    kind: 'payment',
    version: 1,
    reads: [1],
    message,
    concurrency: 32,
    timeoutMs: config.PAYMENT_TIMEOUT_MS * 2 + 2_000,
    // A provider that answers 500 for a day must not park a shop's payments.
    attemptsMax: 10_000,
    async run(_, context) {
      const order = await loadOrder(database.query, context.id)
      if (order === undefined) throw new Error('a payment of an order that does not exist')
      try {
        return await settle(order, context)
      } catch (error) {
        // What the provider failed at spends an attempt: the next one asks under a new key.
        if (error instanceof OutboundError && error.reason !== 'failed')
          throw new PutOff(error.message, { cause: error })
        throw error
      }
    },
  }

  async function settle(order: OrderState, context: EffectContext): Promise<EffectResult> {
    switch (order.payment.wanted) {
      case 'nothing':
        return { mail: [] }
      case 'capture':
        return capture(order, context)
      case 'void':
        return giveUp(order, context)
      case 'refund':
        return refund(order, context)
    }
  }

  async function capture(order: OrderState, { id, attempts, tries }: EffectContext): Promise<EffectResult> {
    const { attempt, intentId, token } = order.payment
    if (order.status !== 'placed') return { mail: [] }
    if (intentId === null) {
      const amount = { amount: order.totalMinor, currency: order.currency }
      const opened = await payments.open({ orderId: id, amount, key: `${id}:open:${attempt}:${attempts}` })
      return { outcome: { kind: 'order', id, message: { type: 'paymentOpened', intentId: opened.intentId, attempt } } }
    }
    if (order.paymentStatus === 'requires_action')
      return tell(id, { intentId, result: await payments.lookUp(intentId), attempt })
    if (order.paymentStatus !== 'pending' && order.paymentStatus !== 'unknown') return { mail: [] }
    if (token === null) throw new Error('a payment without a token')
    if (tries > 0) {
      const seen = await payments.lookUp(intentId)
      // `open` or an earlier decline: this attempt has not taken effect, and may be sent again.
      if (seen.status !== 'open' && seen.status !== 'declined') return tell(id, { intentId, result: seen, attempt })
    }
    return tell(id, {
      intentId,
      result: await payments.confirm({
        intentId,
        token,
        returnUrl: orderUrl(config, id),
        key: `${id}:confirm:${attempt}:${attempts}`,
      }),
      attempt,
    })
  }

  async function giveUp(order: OrderState, { id, attempts }: EffectContext): Promise<EffectResult> {
    const { attempt, intentId } = order.payment
    if (intentId === null) return { mail: [] }
    return tell(id, { intentId, result: await payments.void({ intentId, key: `${id}:void:${attempts}` }), attempt })
  }

  async function refund(order: OrderState, { id, attempts }: EffectContext): Promise<EffectResult> {
    const { intentId } = order.payment
    if (intentId === null) throw new Error('a refund without a payment')
    // One key for good: a second refund must never be made of a lost reply. Only an answered failure opens a new one.
    await payments.refund({
      intentId,
      amount: { amount: order.totalMinor, currency: order.currency },
      key: `${id}:refund:${attempts}`,
    })
    return { outcome: { kind: 'order', id, message: { type: 'paymentRefunded' } } }
  }
}

function tell(id: string, told: { intentId: string; result: PaymentResult; attempt: number }): EffectResult {
  if (told.result.status === 'processing') throw new PutOff('the provider is still at it', { delayMs: 1_000 })
  return { outcome: { kind: 'order', id, message: { type: 'paymentResult', ...told } } }
}
