import { z } from 'zod'
import { RetryLaterError, type EffectKind } from '#actor'
import { createExternalService, EmailRejectedError, OutboundError } from '#outbound'
import type { Services } from '#services'
import { emailTemplates, renderEmail } from './email-template.ts'
import { orderView } from '../state/order.view.ts'
import type { FindOrder } from '../state/order.state.ts'
import { orderUrl } from './money-text.ts'

/** Writes the buyer. At least once: what is sent again carries the same Message-ID. */

const message = z.object({
  type: z.literal('send'),
  template: z.enum(emailTemplates),
  /** The parcel or refund it is about: an order can have several. */
  reference: z.string().optional(),
})
type Send = z.infer<typeof message>

const timeoutMs = 15_000

export function createEmailEffect(
  { config, email: mail, log }: Pick<Services, 'config' | 'email' | 'log'>,
  find: FindOrder,
): EffectKind<Send> {
  const party = createExternalService({
    name: 'mail',
    timeoutMs,
    concurrency: 8,
    isRejection: (error) => error instanceof EmailRejectedError,
    log,
  })
  return {
    kind: 'email',
    // 2: `shipped` and `refunded`, which the version before would take for broken.
    version: 2,
    reads: [1, 2],
    message,
    concurrency: 8,
    timeoutMs: timeoutMs + 1_000,
    attemptsMax: 5,
    async run({ template, reference }, { id }) {
      const state = await find(id)
      if (state === undefined) throw new Error('a letter about an order that does not exist')
      const { locale } = state
      const letter = renderEmail(template, orderView(state), {
        locale,
        shopName: config.SHOP_NAME,
        orderUrl: orderUrl(config, id),
        reference,
      })
      const about = reference === undefined ? template : `${template}-${reference}`
      try {
        await party.call((signal) =>
          mail.send({ ...letter, to: state.email, messageId: `order-${id}.${about}@holdfast`, locale }, signal),
        )
      } catch (error) {
        if (error instanceof OutboundError) throw new RetryLaterError(error.message, { cause: error })
        throw error
      }
      return { outbox: [] }
    },
  }
}
