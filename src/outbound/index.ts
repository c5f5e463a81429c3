export { createEmailSender, type EmailSender } from './email/sender.ts'
export { requireSmtp } from './email/smtp.ts'
export { EmailRejectedError } from './email/transport.ts'
export { createExternalService, OutboundError } from './external-service.ts'
export {
  PaymentRejectedError,
  type PaymentEvent,
  type PaymentProvider,
  type PaymentResult,
  type ProviderMovement,
} from './payment/provider.ts'
export { createStripeProvider } from './payment/stripe.ts'
