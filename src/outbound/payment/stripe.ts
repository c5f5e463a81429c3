import Stripe from 'stripe'
import type { Logger } from '#telemetry'
import { createExternalService } from '../external-service.ts'
import { PaymentRejectedError, type PaymentProvider, type PaymentResult } from './provider.ts'
import { isRejection, rejectionOf, throwUncertain } from './stripe-errors.ts'
import { describeIntent, describeMovement, refundStatus } from './stripe-results.ts'
import { readStripeWebhook } from './stripe-webhook.ts'

export interface StripeOptions {
  secretKey: string
  webhookSecret: string | undefined
  /** Another address than Stripe's own: the sandbox provider. */
  url: string | undefined
  timeoutMs: number
  log: Logger
}

/** So that the fee is known as soon as the money is. */
const withFee = { expand: ['latest_charge.balance_transaction'] }
/** Of one payment; far above what a shop makes. */
const refundsMax = 1_000

/**
 * Stripe through its own SDK; its retries are off, since the mailbox retries. A key that was answered 5xx replays that
 * for a day (Stripe's API documentation, "Idempotent requests"), and nothing can be looked up by key: what is unknown is
 * looked up by the payment's id, a refund by ours in its metadata.
 */
export function createStripeProvider(options: StripeOptions): PaymentProvider {
  const stripe = new Stripe(options.secretKey, {
    ...address(options.url),
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: options.timeoutMs,
  })
  const party = createExternalService({
    name: 'payment',
    // A little more than the SDK's own, which tells better what went wrong.
    timeoutMs: options.timeoutMs + 500,
    concurrency: 32,
    isRejection: isRejection,
    log: options.log,
  })
  /** Refusals come as the SDK's own errors. */
  const ask = <T>(work: () => Promise<T>): Promise<T> => party.call(() => work().catch(throwUncertain))
  const call = <T>(work: () => Promise<T>): Promise<T> =>
    ask(work).catch((error: unknown) => {
      throw rejectionOf(error)
    })
  const lookUp = async (intentId: string): Promise<PaymentResult> =>
    describeIntent(await call(() => stripe.paymentIntents.retrieve(intentId, withFee)))

  return {
    name: 'stripe',
    capturesLater: true,
    async open({ orderId, amount, capture, key }) {
      const params: Stripe.PaymentIntentCreateParams = {
        amount: amount.amount,
        currency: amount.currency.toLowerCase(),
        capture_method: capture === 'later' ? 'manual' : 'automatic',
        metadata: { order_id: orderId },
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      }
      const intent = await call(() => stripe.paymentIntents.create(params, { idempotencyKey: key }))
      return { intentId: intent.id }
    },
    confirm({ intentId, token, returnUrl, key }) {
      const params: Stripe.PaymentIntentConfirmParams = {
        ...withFee,
        ...(token === null ? {} : { payment_method: token }),
        ...(returnUrl === null ? {} : { return_url: returnUrl }),
      }
      return step(intentId, () => stripe.paymentIntents.confirm(intentId, params, { idempotencyKey: key }))
    },
    lookUp,
    capture({ intentId, amount, key }) {
      const params = { ...withFee, amount_to_capture: amount.amount }
      return step(intentId, () => stripe.paymentIntents.capture(intentId, params, { idempotencyKey: key }))
    },
    void({ intentId, key }) {
      return step(intentId, () => stripe.paymentIntents.cancel(intentId, withFee, { idempotencyKey: key }))
    },
    async refund({ intentId, refundId, amount, mayExist, key }) {
      const [intent, made] = await Promise.all([
        call(() => stripe.paymentIntents.retrieve(intentId)),
        mayExist ? findRefund(intentId, refundId) : undefined,
      ])
      // Stripe takes a bare number for a refund: that it is the payment's currency is for us to know.
      if (intent.currency !== amount.currency.toLowerCase()) throw new PaymentRejectedError('currency_mismatch')
      const params: Stripe.RefundCreateParams = {
        payment_intent: intentId,
        amount: amount.amount,
        // Never more than this: under one key the parameters must stay the same.
        metadata: { order_id: intent.metadata['order_id'] ?? '', refund_id: refundId },
      }
      const refund = made ?? (await call(() => stripe.refunds.create(params, { idempotencyKey: key })))
      return { providerRefundId: refund.id, status: refundStatus(refund) }
    },
    async listMovements({ from, to, cursor }) {
      const page = await call(() =>
        stripe.balanceTransactions.list({
          // Stripe's clock counts whole seconds.
          created: { gte: Math.ceil(from.getTime() / 1000), lt: Math.ceil(to.getTime() / 1000) },
          limit: 100,
          expand: ['data.source'],
          ...(cursor === undefined ? {} : { starting_after: cursor }),
        }),
      )
      const nextCursor = page.has_more ? (page.data.at(-1)?.id ?? null) : null
      return { movements: page.data.map(describeMovement), nextCursor }
    },
    readWebhook: (body, signature) => readStripeWebhook(body, signature, options.webhookSecret),
    close: () => party.close(),
  }

  /** One step of a payment. A card that was declined is an answer; a step the payment is past already is answered by looking. */
  async function step(intentId: string, work: () => Promise<Stripe.PaymentIntent>): Promise<PaymentResult> {
    try {
      return describeIntent(await ask(work))
    } catch (error) {
      if (error instanceof Stripe.errors.StripeCardError)
        // The SDK says '' for what Stripe did not send.
        return { status: 'declined', code: error.decline_code || error.code || 'declined' }
      if (error instanceof Stripe.errors.StripeInvalidRequestError) {
        if (error.code === 'payment_intent_unexpected_state') return await lookUp(intentId)
        if (error.param === 'payment_method') return { status: 'declined', code: 'payment_method_unknown' }
      }
      throw rejectionOf(error)
    }
  }

  async function findRefund(intentId: string, refundId: string): Promise<Stripe.Refund | undefined> {
    const list = { payment_intent: intentId, limit: 100 }
    const refunds = await call(() => stripe.refunds.list(list).autoPagingToArray({ limit: refundsMax }))
    return refunds.find((refund) => refund.metadata?.['refund_id'] === refundId)
  }
}

function address(url: string | undefined) {
  if (url === undefined) return {}
  const { hostname, port, protocol } = new URL(url)
  const scheme = protocol === 'https:' ? 'https' : 'http'
  return {
    host: hostname,
    port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port),
    protocol: scheme,
  } as const
}
