import Stripe from 'stripe'
import { AppError } from '#errors'
import type { Logger } from '#telemetry'
import { createParty, OutboundError } from '../party.ts'
import type { PaymentProvider, PaymentResult } from './provider.ts'

export interface StripeOptions {
  secretKey: string
  webhookSecret: string | undefined
  /** Another address than Stripe's own: the sandbox provider. */
  url: string | undefined
  timeoutMs: number
  log: Logger
}

/** Stripe through its own SDK; its retries are off, since the mailbox retries (Stripe's API documentation, "Idempotent requests"). */
export function createStripeProvider(options: StripeOptions): PaymentProvider {
  const stripe = new Stripe(options.secretKey, {
    ...address(options.url),
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: options.timeoutMs,
  })
  const party = createParty({
    name: 'payment',
    // A little more than the SDK's own, which tells better what went wrong.
    timeoutMs: options.timeoutMs + 500,
    concurrency: 32,
    isRefusal: (error) =>
      error instanceof Stripe.errors.StripeCardError || error instanceof Stripe.errors.StripeInvalidRequestError,
    log: options.log,
  })
  const call = <T>(work: () => Promise<T>): Promise<T> =>
    party.call(() => work().catch((error: unknown) => throwDefinite(error)))

  return {
    name: 'stripe',
    async open({ orderId, amount, key }) {
      const intent = await call(() =>
        stripe.paymentIntents.create(
          {
            amount: amount.amount,
            currency: amount.currency.toLowerCase(),
            metadata: { order_id: orderId },
            automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
          },
          { idempotencyKey: key },
        ),
      )
      return { intentId: intent.id }
    },
    async confirm({ intentId, token, returnUrl, key }) {
      try {
        return describe(
          await call(() =>
            stripe.paymentIntents.confirm(
              intentId,
              { payment_method: token, ...(returnUrl === null ? {} : { return_url: returnUrl }) },
              { idempotencyKey: key },
            ),
          ),
        )
      } catch (error) {
        return await afterRefusal(error, intentId)
      }
    },
    async lookUp(intentId) {
      return describe(await call(() => stripe.paymentIntents.retrieve(intentId)))
    },
    async void({ intentId, key }) {
      try {
        return describe(await call(() => stripe.paymentIntents.cancel(intentId, {}, { idempotencyKey: key })))
      } catch (error) {
        return await afterRefusal(error, intentId)
      }
    },
    async refund({ intentId, amount, key }) {
      await call(() =>
        stripe.refunds.create({ payment_intent: intentId, amount: amount.amount }, { idempotencyKey: key }),
      )
    },
    readWebhook(body, signature) {
      if (options.webhookSecret === undefined)
        throw new AppError('not_found', { message: 'This shop takes no webhooks: PAYMENT_WEBHOOK_SECRET is not set.' })
      if (signature === undefined)
        throw new AppError('bad_input', { field: 'stripe-signature', message: 'The signature is missing.' })
      const event = verify(body, signature, options.webhookSecret)
      // Signed, but not what we know as an event: nothing that concerns a payment of ours.
      const intent = (event as Partial<Stripe.Event>).data?.object
      if (intent?.object !== 'payment_intent') return null
      const orderId = intent.metadata?.['order_id']
      if (orderId === undefined) return null
      return { eventId: event.id, orderId, intentId: intent.id, result: describe(intent) }
    },
    close: () => party.close(),
  }

  /** A card that was declined is an answer; a step the payment is past already is answered by looking. */
  async function afterRefusal(error: unknown, intentId: string): Promise<PaymentResult> {
    if (error instanceof Stripe.errors.StripeCardError)
      return { status: 'declined', code: error.decline_code ?? error.code ?? 'declined' }
    if (error instanceof Stripe.errors.StripeInvalidRequestError) {
      if (error.code === 'payment_intent_unexpected_state')
        return describe(await call(() => stripe.paymentIntents.retrieve(intentId)))
      if (error.param === 'payment_method') return { status: 'declined', code: 'payment_method_unknown' }
    }
    throw error
  }
}

/** @throws OutboundError for whatever leaves it open what Stripe did; else the SDK's own error. */
function throwDefinite(error: unknown): never {
  if (error instanceof Stripe.errors.StripeConnectionError) {
    const code = causeCode(error)
    const isUnsent = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN'
    throw new OutboundError(isUnsent ? 'unreachable' : 'unknown', 'the payment provider did not answer', {
      cause: error,
    })
  }
  if (error instanceof Stripe.errors.StripeRateLimitError)
    throw new OutboundError('unreachable', 'the payment provider asks us to slow down', { cause: error })
  if (error instanceof Stripe.errors.StripeError && error.statusCode === 409)
    throw new OutboundError('unknown', 'the payment provider is still at the first call with this key', {
      cause: error,
    })
  if (error instanceof Stripe.errors.StripeError && (error.statusCode ?? 0) >= 500)
    throw new OutboundError('failed', `the payment provider failed with ${error.statusCode}`, { cause: error })
  throw error
}

function causeCode(error: Error): string | undefined {
  for (let current: unknown = error, depth = 0; current instanceof Error && depth < 5; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code
    current = 'detail' in current && current.detail instanceof Error ? current.detail : current.cause
  }
  return undefined
}

function describe(intent: Stripe.PaymentIntent): PaymentResult {
  switch (intent.status) {
    case 'succeeded':
      return { status: 'captured' }
    case 'requires_capture':
      return { status: 'authorised' }
    case 'canceled':
      return { status: 'voided' }
    case 'processing':
      return { status: 'processing' }
    case 'requires_action':
      return { status: 'requires_action', url: intent.next_action?.redirect_to_url?.url ?? null }
    case 'requires_payment_method':
    case 'requires_confirmation': {
      const failure = intent.last_payment_error
      return failure
        ? { status: 'declined', code: failure.decline_code ?? failure.code ?? 'declined' }
        : { status: 'open' }
    }
    default:
      return { status: 'processing' }
  }
}

function verify(body: Buffer, signature: string, secret: string): Stripe.Event {
  try {
    return Stripe.webhooks.constructEvent(body, signature, secret)
  } catch (error) {
    throw new AppError('bad_input', {
      field: 'stripe-signature',
      message: 'The signature does not match, or is too old.',
      cause: error,
    })
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
