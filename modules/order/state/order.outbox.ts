import type { Envelope } from '#actor'

/** Messages that an order sends. The effects read the order when they run, so a message says only what to do. */

/** To the payment effect: move the provider one step towards `payment.wanted`. */
export const movePayment = (orderId: string, options: { dueAt?: Date; round?: number } = {}): Envelope => ({
  kind: 'payment',
  id: orderId,
  message: { type: 'move', ...(options.round === undefined ? {} : { round: options.round }) },
  ...(options.dueAt === undefined ? {} : { dueAt: options.dueAt }),
})

/** To the order itself: the time to pay is over. */
export const paymentDeadline = (orderId: string, dueAt: Date): Envelope => ({
  kind: 'order',
  id: orderId,
  message: { type: 'paymentDeadline' },
  dueAt,
})

/** To the charge effect: capture the held money. */
export const captureHeld = (orderId: string): Envelope => ({
  kind: 'charge',
  id: orderId,
  message: { type: 'capture' },
})

/** To the charge effect: look up the provider's fee. */
export const lookUpFee = (orderId: string, dueAt: Date): Envelope => ({
  kind: 'charge',
  id: orderId,
  message: { type: 'lookUpFee' },
  dueAt,
})

/** To the charge effect: make this refund, or look up its status if it was made already. */
export const refundPayment = (orderId: string, refundId: string, dueAt?: Date): Envelope => ({
  kind: 'charge',
  id: orderId,
  message: { type: 'refund', refundId },
  ...(dueAt === undefined ? {} : { dueAt }),
})

export const emailTemplates = [
  'confirmed',
  'cancelled',
  'shipped',
  'lines_cancelled',
  'refunded',
  'refund_failed',
] as const
export type EmailTemplate = (typeof emailTemplates)[number]

/** To the email effect. @param reference id of the parcel or refund that the email is about: an order can have several */
export const sendEmail = (orderId: string, template: EmailTemplate, reference?: string): Envelope => ({
  kind: 'email',
  id: orderId,
  message: { type: 'send', template, ...(reference === undefined ? {} : { reference }) },
})
