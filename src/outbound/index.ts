export { createMailSender, type MailSender } from './mail/sender.ts'
export { MailRefusedError } from './mail/transport.ts'
export { createParty, OutboundError } from './party.ts'
export {
  PaymentRefusal,
  type PaymentEvent,
  type PaymentProvider,
  type PaymentResult,
  type ProviderMovement,
} from './payment/provider.ts'
export { createStripeProvider } from './payment/stripe.ts'
