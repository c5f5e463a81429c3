import type { SendMailOptions } from 'nodemailer'
import type { Locale } from '#schemas'
import type { Logger } from '#telemetry'
import { createFolderTransport } from './folder.ts'
import { createSmtpTransport } from './smtp.ts'
import { EmailRejectedError } from './transport.ts'

/** One letter to one person. */
export interface EmailMessage {
  /** One bare address; anything else (a list, a name, a line break) is refused. */
  to: string
  subject: string
  text: string
  html: string
  /** Stable for this letter, `<order-7.confirmed@shop>` with or without the angle brackets: what is sent twice carries it twice. */
  messageId: string
  locale: Locale
}

export interface EmailSender {
  /**
   * @param signal gives up waiting; the letter may have gone out all the same
   * @throws MailRefusedError when the server will never take this letter; OutboundError when it may take it later
   */
  send(message: EmailMessage, signal: AbortSignal): Promise<void>
  /** Lets a delivery under way finish and closes idle connections. */
  close(): void
}

export interface EmailSenderOptions {
  /** `smtp:` or `smtps:`, with credentials; without it letters are written to `folder`. */
  smtpUrl?: string | undefined
  folder: string
  /** Sender, as `Name <address>`. */
  from: string
  log: Logger
}

/** Sends letters by SMTP, or where no server is given writes them to a folder, one `.eml` each. */
export function createEmailSender(options: EmailSenderOptions): EmailSender {
  const { smtpUrl, folder, from, log } = options
  const transport = smtpUrl === undefined ? createFolderTransport(folder, log) : createSmtpTransport(smtpUrl)
  return {
    async send(message, signal) {
      await transport.deliver(compose(message, from), signal)
    },
    close: () => transport.close(),
  }
}

const bareAddress = /^[^\s,;:<>()"@]+@[^\s,;:<>()"@]+$/

function compose({ to, subject, text, html, messageId, locale }: EmailMessage, from: string): SendMailOptions {
  if (!bareAddress.test(to))
    throw new EmailRejectedError('the letter was refused: its recipient is not one bare address')
  return {
    from,
    to,
    subject,
    text,
    html,
    messageId: `<${messageId.replace(/^<|>$/g, '')}>`,
    // RFC 3834: out-of-office programs leave such mail alone.
    headers: { 'Content-Language': locale, 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}
