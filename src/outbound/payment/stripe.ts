import Stripe from 'stripe'
import type { Logger } from '#telemetry'
import { createExternalService } from '../external-service.ts'
import { PaymentRejectedError, type PaymentProvider, type PaymentResult } from './provider.ts'
import { toStripeAmount } from './stripe-amount.ts'
import { isDefiniteRejection, rejectionOf, throwIfIndefinite } from './stripe-errors.ts'
import { isChargeable } from './stripe-limits.ts'
import { describeIntent, describeMovement, refundStatus } from './stripe-results.ts'
import { readStripeWebhook } from './stripe-webhook.ts'

export interface StripeOptions {
  secretKey: string
  webhookSecret: string | undefined
  /** Address of the API where it is not Stripe's own: the sandbox provider. */
  url: string | undefined
  timeoutMs: number
  log: Logger
}

/** Expands the charge's balance transaction, which contains the fee. */
const withFee = { expand: ['latest_charge.balance_transaction'] }
/** Refunds of one payment that are searched; far more than a shop makes. */
const refundsMax = 1_000

/**
 * Stripe through its own SDK, without the SDK's retries, since the mailbox retries. A key whose call returned 5xx
 * replays that for a day (Stripe's API documentation, "Idempotent requests"), and nothing can be looked up by key.
 * Unknown results are looked up by the payment's id, refunds by the shop's refund id in their metadata.
 */
export function createStripeProvider(options: StripeOptions): PaymentProvider {
  const stripe = new Stripe(options.secretKey, {
    ...apiAddress(options.url),
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: options.timeoutMs,
  })
  const service = createExternalService({
    name: 'payment',
    // Longer than the SDK's own timeout, whose error says more.
    timeoutMs: options.timeoutMs + 500,
    concurrency: 32,
    isRejection: isDefiniteRejection,
    log: options.log,
  })
  /** Rejections are thrown as the SDK's own errors. */
  const request = <T>(work: () => Promise<T>): Promise<T> => service.call(() => work().catch(throwIfIndefinite))
  /** Rejections are thrown as PaymentRejectedError. */
  const call = <T>(work: () => Promise<T>): Promise<T> =>
    request(work).catch((error: unknown) => {
      throw rejectionOf(error)
    })
  const lookUp = async (intentId: string): Promise<PaymentResult> =>
    describeIntent(await call(() => stripe.paymentIntents.retrieve(intentId, withFee)))

  return {
    name: 'stripe',
    capturesLater: true,
    accepts: isChargeable,
    async open({ orderId, amount, capture, key }) {
      const params: Stripe.PaymentIntentCreateParams = {
        amount: toStripeAmount(amount),
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
    async capture({ intentId, amount, key }) {
      const params = { ...withFee, amount_to_capture: toStripeAmount(amount) }
      return await step(intentId, () => stripe.paymentIntents.capture(intentId, params, { idempotencyKey: key }))
    },
    void({ intentId, key }) {
      return step(intentId, () => stripe.paymentIntents.cancel(intentId, withFee, { idempotencyKey: key }))
    },
    async refund({ intentId, refundId, amount, mayExist, key }) {
      const [intent, existing] = await Promise.all([
        call(() => stripe.paymentIntents.retrieve(intentId)),
        mayExist ? findRefund(intentId, refundId) : undefined,
      ])
      // A refund in Stripe's API is a number in the payment's currency: the currency must be checked here.
      if (intent.currency !== amount.currency.toLowerCase()) throw new PaymentRejectedError('currency_mismatch')
      const params: Stripe.RefundCreateParams = {
        payment_intent: intentId,
        amount: toStripeAmount(amount),
        // No further fields: the parameters under one key must never change.
        metadata: { order_id: intent.metadata['order_id'] ?? '', refund_id: refundId },
      }
      const refund = existing ?? (await call(() => stripe.refunds.create(params, { idempotencyKey: key })))
      return { providerRefundId: refund.id, status: refundStatus(refund) }
    },
    async listMovements({ from, to, cursor }) {
      const page = await call(() =>
        stripe.balanceTransactions.list({
          // Stripe's timestamps are whole seconds.
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
    close: () => service.close(),
  }

  /** One step of a payment. A declined card is a result; a step that was done already returns the looked-up state. */
  async function step(intentId: string, work: () => Promise<Stripe.PaymentIntent>): Promise<PaymentResult> {
    try {
      return describeIntent(await request(work))
    } catch (error) {
      if (error instanceof Stripe.errors.StripeCardError)
        // The SDK gives '' for a code that Stripe did not send.
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

function apiAddress(url: string | undefined) {
  if (url === undefined) return {}
  const { hostname, port, protocol } = new URL(url)
  const scheme = protocol === 'https:' ? 'https' : 'http'
  return {
    host: hostname,
    port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port),
    protocol: scheme,
  } as const
}
