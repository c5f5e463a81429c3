import { z } from 'zod'
import { RetryLaterError, type EffectKind } from '#actor'
import { createExternalService, EmailRejectedError, OutboundError } from '#outbound'
import type { Services } from '#services'
import { owedRefunds } from '../state/balance.rules.ts'
import { accessTokenOf } from '../state/order.access.ts'
import { emailTemplates } from '../state/order.outbox.ts'
import type { FindOrder, OrderState } from '../state/order.state.ts'
import { orderUrl, orderView } from '../state/order.view.ts'
import { renderEmail } from './email-template.view.ts'

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
      if (isOutdated(order, { template, reference }) || isUntold(order, template)) return { outbox: [] }
      await requireRoom(order)
      const { locale } = order
      const content = renderEmail(template, orderView(order), {
        locale,
        shopName: config.SHOP_NAME,
        orderUrl: linkOf(order),
        reference,
        moneyBack: moneyBackOf(order),
      })
      const about = reference === undefined ? template : `${template}-${reference}`
      try {
        await service.call((signal) =>
          email.send({ ...content, to: order.email, messageId: `order-${id}.${about}@holdfast`, locale }, signal),
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

  /**
   * A guest's link works in any browser: it carries the access token, which is derived here and stored nowhere. It is in
   * the fragment, which browsers send to no server.
   */
  function linkOf({ id, userId }: OrderState): string | null {
    const url = orderUrl(config, id)
    return url === null || userId !== null ? url : `${url}#${accessTokenOf(secretKey, id)}`
  }
}

const isLimited = ({ source, userId }: OrderState): boolean => source !== null && userId === null
const recipientOf = ({ email }: OrderState): string => email.toLowerCase()

/**
 * Whether nobody has paid, so that the address is unproved and the shop has written nothing to it: an order is no way to
 * make the shop write to a stranger.
 */
const isUntold = ({ timeline, payment }: OrderState, template: Send['template']): boolean =>
  template === 'cancelled' &&
  payment.capturedMinor === null &&
  !timeline.some(({ event }) => event === 'paid' || event === 'authorised')

/** Whether the order has moved on, so that the email would say what is no longer so. */
function isOutdated(order: OrderState, { template, reference }: Omit<Send, 'type'>): boolean {
  const refund = order.refunds.find(({ id }) => id === reference)
  if (template === 'refunded') return refund?.status !== 'succeeded'
  if (template === 'refund_failed') return !owedRefunds(order).some(({ id }) => id === reference)
  return false
}

/** How the money of a cancelled order came back to the buyer. */
function moneyBackOf({ paymentStatus, disputes }: OrderState): 'nothing' | 'refund' | 'bank' {
  if (disputes.some(({ status }) => status === 'lost')) return 'bank'
  return paymentStatus === 'refunded' ? 'refund' : 'nothing'
}
