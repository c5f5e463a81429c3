import type { SendMailOptions } from 'nodemailer'
import type { Locale } from '#shapes'
import type { Logger } from '#telemetry'
import { createFolderTransport } from './folder.ts'
import { createSmtpTransport } from './smtp.ts'
import { MailRefusedError } from './transport.ts'

/** One letter to one person. */
export interface MailMessage {
  /** One bare address; anything else (a list, a name, a line break) is refused. */
  to: string
  subject: string
  text: string
  html: string
  /** Stable for this letter, `<order-7.confirmed@shop>` with or without the angle brackets: what is sent twice carries it twice. */
  messageId: string
  locale: Locale
}

export interface MailSender {
  /**
   * @param signal gives up waiting; the letter may have gone out all the same
   * @throws MailRefusedError when the server will never take this letter; OutboundError when it may take it later
   */
  send(message: MailMessage, signal: AbortSignal): Promise<void>
  /** Lets a delivery under way finish and closes idle connections. */
  close(): void
}

export interface MailSenderOptions {
  /** `smtp:` or `smtps:`, with credentials; without it letters are written to `folder`. */
  smtpUrl?: string | undefined
  folder: string
  /** Sender, as `Name <address>`. */
  from: string
  log: Logger
}

/** Sends letters by SMTP, or where no server is given writes them to a folder, one `.eml` each. */
export function createMailSender(options: MailSenderOptions): MailSender {
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

function compose({ to, subject, text, html, messageId, locale }: MailMessage, from: string): SendMailOptions {
  if (!bareAddress.test(to)) throw new MailRefusedError('the letter was refused: its recipient is not one bare address')
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
