import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { Logger } from '#telemetry'
import { OutboundError } from '../external-service.ts'
import type { EmailTransport } from './transport.ts'

/** Writes each email to `folder`, as a file named after its Message-ID: an email sent twice leaves one file. */
export function createFolderTransport(folder: string, log: Logger): EmailTransport {
  return {
    async deliver(email, signal) {
      signal.throwIfAborted()
      const mime = await new MailComposer(email).compile().build()
      const file = join(folder, fileName(String(email.messageId)))
      await writeAtomically(file, mime)
      log.info({ file, subject: email.subject }, 'the email was written to a file, since SMTP_URL is not set')
    },
    close() {},
  }
}

/**
 * The part before the @ where that is a safe file name; otherwise its safe characters and a hash that keeps it unique.
 */
function fileName(messageId: string): string {
  const local = messageId.replace(/^</, '').split('@', 1).join('')
  if (/^\w[\w.+-]{0,99}$/.test(local)) return `${local}.eml`
  const digest = createHash('sha256').update(messageId).digest('hex').slice(0, 16)
  return `${local.replace(/[^\w+-]+/g, '-').slice(0, 60)}-${digest}.eml`
}

/** Readers see the whole file or none. Mode 0600, since it contains personal data. */
async function writeAtomically(file: string, content: Buffer): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`
  const write = () => writeFile(draft, content, { mode: 0o600 })
  try {
    await write().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await write()
    })
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw new OutboundError(
      'failed',
      'the email folder cannot be written: check that DATA_DIR is writable and has space',
      { cause: error },
    )
  }
}
