import { z } from 'zod'
import { RetryLaterError, type EffectKind } from '#actor'
import { createExternalService, EmailRejectedError, OutboundError } from '#outbound'
import type { Services } from '#services'
import { capturedMinor, hasBuyerMoney, owedRefunds } from '../state/balance.rules.ts'
import { accessTokenOf } from '../state/order.access.ts'
import { emailTemplates } from '../state/order.outbox.ts'
import type { FindOrder, OrderState } from '../state/order.state.ts'
import { orderUrl, orderView } from '../state/order.view.ts'
import { renderEmail, type EmailContent, type EmailContext } from './email-template.view.ts'

/** Emails to the buyer, delivered at least once: an email that is sent again has the same Message-ID. */

const message = z.object({
  type: z.literal('send'),
  template: z.enum(emailTemplates),
  /** Id of the parcel, cancellation or refund that the email is about: an order can have several. */
  reference: z.string().optional(),
})
type Send = z.infer<typeof message>

const timeoutMs = 15_000
/** Emails about guests' orders to one address in an hour; more wait. Each has cost a payment, which can be refunded. */
const recipientMax = 20

export function createEmailEffect(
  {
    config,
    email,
    log,
    rateLimits,
    secretKey,
  }: Pick<Services, 'config' | 'email' | 'log' | 'rateLimits' | 'secretKey'>,
  findOrder: FindOrder,
): EffectKind<Send> {
  const service = createExternalService({
    name: 'email',
    timeoutMs,
    concurrency: 8,
    isRejection: (error) => error instanceof EmailRejectedError,
    log,
  })
  const ofRecipient = rateLimits.define({ name: 'email-recipient', points: recipientMax, seconds: 3_600 })
  return {
    kind: 'email',
    // Each version added templates, which a reader of an earlier one would dead-letter: 2 `shipped` and `refunded`, 3
    // `lines_cancelled` and `refund_failed`.
    version: 3,
    reads: [1, 2, 3],
    message,
    concurrency: 8,
    timeoutMs: timeoutMs + 1_000,
    attemptsMax: 5,
    async run({ template, reference }, { id }) {
      const order = await findOrder(id)
      if (order === undefined) throw new Error('an email message names an order that does not exist')
      const content = composeEmail({ config, secretKey }, order, { template, reference })
      if (content === null) return { outbox: [] }
      await requireRoom(order)
      const about = reference === undefined ? template : `${template}-${reference}`
      try {
        await service.call((signal) =>
          email.send(
            { ...content, to: order.email, messageId: `order-${id}.${about}@holdfast`, locale: order.locale },
            signal,
          ),
        )
      } catch (error) {
        // A later try counts again.
        if (isLimited(order)) await ofRecipient.refund(recipientOf(order))
        if (error instanceof OutboundError) throw new RetryLaterError(error.message, { cause: error })
        throw error
      }
      return { outbox: [] }
    },
  }

  /** @throws RetryLaterError while the address has got too many emails about guests' orders */
  async function requireRoom(order: OrderState): Promise<void> {
    if (!isLimited(order)) return
    const { isAllowed, retryAfterSeconds } = await ofRecipient.consume(recipientOf(order))
    if (!isAllowed)
      throw new RetryLaterError('the recipient has got too many emails', { delayMs: retryAfterSeconds * 1_000 })
  }
}

const isLimited = ({ source, userId }: OrderState): boolean => source !== null && userId === null
const recipientOf = ({ email }: OrderState): string => email.toLowerCase()

/**
 * The email about the order as it is now; null if the order has moved on, so that the email would say what is no longer
 * so, or if nobody has paid, so that the address is unproved: an order is no way to make the shop write to a stranger.
 */
export function composeEmail(
  shop: Pick<Services, 'config' | 'secretKey'>,
  order: OrderState,
  send: Omit<Send, 'type'>,
): EmailContent | null {
  if (isOutdated(order, send)) return null
  return renderEmail(send.template, orderView(order), {
    locale: order.locale,
    shopName: shop.config.SHOP_NAME,
    orderUrl: linkOf(shop, order),
    reference: send.reference,
    moneyBack: moneyBackOf(order),
  })
}

function isOutdated(order: OrderState, { template, reference }: Omit<Send, 'type'>): boolean {
  switch (template) {
    case 'confirmed':
      return order.paymentStatus === 'voided' || order.status === 'cancelling' || order.status === 'cancelled'
    case 'refunded':
      return order.refunds.find(({ id }) => id === reference)?.status !== 'succeeded'
    case 'refund_failed':
      return !owedRefunds(order).some(({ id }) => id === reference)
    case 'cancelled':
      return (
        !order.timeline.some(({ event }) => event === 'paid' || event === 'authorised') && capturedMinor(order) === 0
      )
    case 'shipped':
    case 'lines_cancelled':
      return false
  }
}

/** How the money of a cancelled order came back to the buyer. */
function moneyBackOf(order: OrderState): NonNullable<EmailContext['moneyBack']> {
  if (capturedMinor(order) === 0) return 'nothing'
  if (hasBuyerMoney(order)) return 'owed'
  return order.disputes.some(({ status }) => status === 'lost') ? 'bank' : 'refund'
}

/**
 * A guest's link works in any browser: it carries the access token, which is derived here and stored nowhere. It is in
 * the fragment, which browsers send to no server.
 */
function linkOf(
  { config, secretKey }: Pick<Services, 'config' | 'secretKey'>,
  { id, userId }: Pick<OrderState, 'id' | 'userId'>,
): string | null {
  const url = orderUrl(config, id)
  return url === null || userId !== null ? url : `${url}#${accessTokenOf(secretKey, id)}`
}
