import type { SendMailOptions } from 'nodemailer'
import type { Locale } from '#schemas'
import type { Logger } from '#telemetry'
import { createFolderTransport } from './folder.ts'
import { createSmtpTransport } from './smtp.ts'
import { EmailRejectedError } from './transport.ts'

/** An email to one person. */
export interface EmailMessage {
  /** One bare address; anything else (a list, a name, a line break) is rejected. */
  to: string
  subject: string
  text: string
  html: string
  /**
   * Message-ID, such as `<order-7.confirmed@shop>` (brackets optional). The same at every attempt to send this email.
   */
  messageId: string
  locale: Locale
}

export interface EmailSender {
  /**
   * @param signal ends the wait; the email may have been sent nevertheless
   * @throws EmailRejectedError when no attempt can succeed; OutboundError when a later one may
   */
  send(message: EmailMessage, signal: AbortSignal): Promise<void>
  /** Lets running deliveries finish and closes idle connections. */
  close(): void
}

export interface EmailSenderOptions {
  /** `smtp:` or `smtps:`, with credentials. Without it emails are written to `folder`. */
  smtpUrl?: string | undefined
  folder: string
  /** Sender, as `Name <address>` or as a bare address, to which `senderName` is added. */
  from: string
  senderName: string
  log: Logger
}

/** Sends emails by SMTP; without a server it writes each as an `.eml` file to a folder. */
export function createEmailSender(options: EmailSenderOptions): EmailSender {
  const { smtpUrl, folder, log } = options
  const from = options.from.includes('<') ? options.from : { name: options.senderName, address: options.from }
  const transport = smtpUrl === undefined ? createFolderTransport(folder, log) : createSmtpTransport(smtpUrl)
  return {
    async send(message, signal) {
      await transport.deliver(compose(message, from), signal)
    },
    close: () => transport.close(),
  }
}

const bareAddress = /^[^\s,;:<>()"@]+@[^\s,;:<>()"@]+$/

function compose(
  { to, subject, text, html, messageId, locale }: EmailMessage,
  from: Required<SendMailOptions>['from'],
): SendMailOptions {
  if (!bareAddress.test(to))
    throw new EmailRejectedError('the email was rejected: its recipient is not one bare address')
  return {
    from,
    to,
    subject,
    text,
    html,
    messageId: `<${messageId.replace(/^<|>$/g, '')}>`,
    // RFC 3834: automatic responders do not reply to such emails.
    headers: { 'Content-Language': locale, 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}
