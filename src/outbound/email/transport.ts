import type { SendMailOptions } from 'nodemailer'

/** Delivers composed emails: by SMTP, or to a folder. */
export interface EmailTransport {
  /** @throws EmailRejectedError, or OutboundError when a later attempt may succeed */
  deliver(email: SendMailOptions, signal: AbortSignal): Promise<void>
  close(): void
}

/**
 * Permanent rejection of this email (no such mailbox, rejected content): a retry cannot help. The server is healthy.
 */
export class EmailRejectedError extends Error {
  override readonly name = 'EmailRejectedError'
}
