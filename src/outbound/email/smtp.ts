import { createTransport, type NodemailerError } from 'nodemailer'
import { BootError } from '#errors'
import { rejectAfter } from '#lib/deadline'
import { OutboundError } from '../external-service.ts'
import { EmailRejectedError, type EmailTransport } from './transport.ts'

/** A connection pool to one SMTP server. Retries belong to the mailbox. */
export function createSmtpTransport(url: string): EmailTransport {
  const pool = createTransport({
    url,
    pool: true,
    maxConnections: 4,
    maxRequeues: 0,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    // Shorter than the idle timeouts of servers and networks, so that a reused connection is still open.
    idleTimeout: 30_000,
  })
  // Without a listener, an idle connection that is lost would end the process.
  pool.on('error', () => {})
  return {
    async deliver(email, signal) {
      await pool.sendMail({ ...email, signal }).catch((error: unknown) => {
        throw isNodemailerError(error) ? toEmailError(error) : error
      })
    },
    close: () => pool.close(),
  }
}

/** Longest check of an SMTP server, ms: a greeting is often delayed to deter spammers. */
const checkMaxMs = 10_000

/**
 * Connects and logs in; sends no email.
 * @throws BootError that says what to do, within 10 s, when the server does not respond or rejects the login
 */
export async function requireSmtp(url: string): Promise<void> {
  const transport = createTransport({ url, connectionTimeout: 5_000, greetingTimeout: checkMaxMs })
  try {
    await rejectAfter(checkMaxMs, transport.verify())
  } catch (error) {
    const { code, responseCode } = error as Partial<NodemailerError>
    const details = [code, responseCode].filter(Boolean).join(' ')
    throw new BootError(
      code === 'EAUTH'
        ? 'The SMTP server rejects the login. Check user and password in SMTP_URL, percent-encoded.'
        : `The SMTP server does not respond as one (${details || 'timeout'}). Check that it runs and that SMTP_URL names its host, port and protocol: smtps:// for TLS from the start (port 465), smtp:// otherwise.`,
      { cause: error },
    )
  } finally {
    transport.close()
  }
}

const isNodemailerError = (error: unknown): error is NodemailerError => error instanceof Error

/** Only the codes of an error may reach the log: servers quote addresses in their replies. */
function toEmailError(error: NodemailerError): Error {
  const details = [error.originalCode ?? error.code, error.command, error.responseCode].filter(Boolean).join(' ')
  const isAboutEmail = error.code === 'EENVELOPE' || error.code === 'EMESSAGE'
  // `API`: the library itself rejected the email before it contacted the server.
  if (isAboutEmail && (error.permanent ?? error.command === 'API'))
    return new EmailRejectedError(`the email was rejected (${details})`)
  if (error.responseCode !== undefined)
    return new OutboundError('failed', `the SMTP server does not accept the email now (${details})`)
  const isUnsent =
    error.code === 'EDNS' ||
    error.code === 'EAUTH' ||
    error.originalCode === 'ECONNREFUSED' ||
    error.timeoutType === 'CONNECT_TIMEOUT' ||
    error.timeoutType === 'GREETING_TIMEOUT'
  return new OutboundError(isUnsent ? 'unreachable' : 'unknown', `the SMTP server did not respond (${details})`)
}
