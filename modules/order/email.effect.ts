import { z } from 'zod'
import { PutOff, type EffectKind } from '#actor'
import { createParty, MailRefusedError, OutboundError } from '#outbound'
import type { Services } from '#services'
import { letterTemplates, writeLetter } from './letter.ts'
import { orderView } from './order.view.ts'
import type { FindOrder } from './state.ts'
import { orderUrl } from './text.ts'

/** Writes the buyer. At least once: what is sent again carries the same Message-ID. */

const message = z.object({
  type: z.literal('send'),
  template: z.enum(letterTemplates),
  /** The parcel or refund it is about: an order can have several. */
  reference: z.string().optional(),
})
type Send = z.infer<typeof message>

const timeoutMs = 15_000

export function createEmailEffect(
  { config, mail, log }: Pick<Services, 'config' | 'mail' | 'log'>,
  find: FindOrder,
): EffectKind<Send> {
  const party = createParty({
    name: 'mail',
    timeoutMs,
    concurrency: 8,
    isRefusal: (error) => error instanceof MailRefusedError,
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
      const letter = writeLetter(template, orderView(state), {
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
        if (error instanceof OutboundError) throw new PutOff(error.message, { cause: error })
        throw error
      }
      return { mail: [] }
    },
  }
}
