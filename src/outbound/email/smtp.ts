import { createTransport, type NodemailerError } from 'nodemailer'
import { OutboundError } from '../external-service.ts'
import { EmailRejectedError, type EmailTransport } from './transport.ts'

/** One pool of connections to one mail server. It retries nothing: the mailbox does. */
export function createSmtpTransport(url: string): EmailTransport {
  const pool = createTransport({
    url,
    pool: true,
    maxConnections: 4,
    maxRequeues: 0,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    // Below what servers and the networks between allow: a connection that is handed a letter is alive.
    idleTimeout: 30_000,
  })
  // A connection lost between letters is no event of ours; without a listener it would end the process.
  pool.on('error', () => {})
  return {
    async deliver(mail, signal) {
      await pool.sendMail({ ...mail, signal }).catch((error: unknown) => {
        throw isNodemailers(error) ? asOurs(error) : error
      })
    },
    close: () => pool.close(),
  }
}

const isNodemailers = (error: unknown): error is NodemailerError => error instanceof Error

/** Servers quote addresses in their replies: of those, only codes go on to logs. */
function asOurs(error: NodemailerError): Error {
  const details = [error.originalCode ?? error.code, error.command, error.responseCode].filter(Boolean).join(' ')
  const isAboutLetter = error.code === 'EENVELOPE' || error.code === 'EMESSAGE'
  // Without a reply the library itself found fault with the letter, before it asked the server.
  if (isAboutLetter && (error.permanent ?? error.command === 'API'))
    return new EmailRejectedError(`the letter was refused (${details})`)
  if (error.responseCode !== undefined)
    return new OutboundError('failed', `the mail server does not take the letter now (${details})`)
  const isUnsent =
    error.code === 'EDNS' ||
    error.code === 'EAUTH' ||
    error.originalCode === 'ECONNREFUSED' ||
    error.timeoutType === 'CONNECT_TIMEOUT' ||
    error.timeoutType === 'GREETING_TIMEOUT'
  return new OutboundError(isUnsent ? 'unreachable' : 'unknown', `the mail server did not answer (${details})`)
}
