import type { SendMailOptions } from 'nodemailer'

/** The way a composed letter leaves the shop. */
export interface EmailTransport {
  deliver(mail: SendMailOptions, signal: AbortSignal): Promise<void>
  close(): void
}

/** This letter will never be taken (no such mailbox, refused content): trying again is of no use. The party is well. */
export class EmailRejectedError extends Error {
  override readonly name = 'MailRefusedError'
}
