import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { Logger } from '#telemetry'
import { OutboundError } from '../external-service.ts'
import type { EmailTransport } from './transport.ts'

/** Writes each letter to `folder` as a file named after its Message-ID: a letter that is sent twice is there once. */
export function createFolderTransport(folder: string, log: Logger): EmailTransport {
  return {
    async deliver(mail, signal) {
      signal.throwIfAborted()
      const message = await new MailComposer(mail).compile().build()
      const file = join(folder, fileName(String(mail.messageId)))
      await writeWhole(file, message)
      log.info({ file, subject: mail.subject }, 'mail was written to a file, since no mail server is set (SMTP_URL)')
    },
    close() {},
  }
}

/** The part before the @ where it can be a file's name as it stands; else what can be kept of it, told apart by a hash. */
function fileName(messageId: string): string {
  const local = messageId.replace(/^</, '').split('@', 1).join('')
  if (/^\w[\w.+-]{0,99}$/.test(local)) return `${local}.eml`
  const digest = createHash('sha256').update(messageId).digest('hex').slice(0, 16)
  return `${local.replace(/[^\w+-]+/g, '-').slice(0, 60)}-${digest}.eml`
}

/** Readers see the whole file or none. It holds personal data: for the shop's own user alone. */
async function writeWhole(file: string, content: Buffer): Promise<void> {
  const unfinished = `${file}.${randomUUID()}.tmp`
  const write = () => writeFile(unfinished, content, { mode: 0o600 })
  try {
    await write().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await write()
    })
    await rename(unfinished, file)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {})
    throw new OutboundError(
      'failed',
      'the mail folder cannot be written: check that DATA_DIR is writable and has space',
      { cause: error },
    )
  }
}
