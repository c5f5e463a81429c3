import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createEmailSender, type EmailMessage } from './sender.ts'
import { startSmtpServer, type SmtpServerOptions } from './smtp-server.fixture.ts'

const email: EmailMessage = {
  to: 'ann@example.com',
  subject: '您的订单 1001 已确认，感谢您的购买：无线耳机、机械键盘和更多商品正在准备发货',
  text: '您好！\n.\n订单已付款。',
  html: '<p>您好！</p>',
  messageId: '<order-1001.confirmed@shop.example>',
  locale: 'zh',
}
const noDeadline = new AbortController().signal
const senderName = '老王的店, Inc.'
const from = 'Holdfast <shop@example.com>'
const logged: string[] = []
const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) })

async function openFolder() {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-email-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const folder = join(root, 'emails')
  return { folder, sender: createEmailSender({ folder, from, senderName, log }) }
}

async function openServer(options: SmtpServerOptions = {}) {
  const server = await startSmtpServer(options)
  const sender = createEmailSender({ smtpUrl: server.url, folder: '/nowhere', from, senderName, log })
  onTestFinished(async () => {
    sender.close()
    await server.close()
  })
  return { server, sender }
}

/** Header fields, unfolded and decoded (RFC 2047), by lower-case name. */
function headersOf(mime: string): Map<string, string> {
  const [head = ''] = mime.split('\r\n\r\n')
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  return new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      decodeWords(line.slice(line.indexOf(':') + 1).trim()),
    ]),
  )
}

const decodeWords = (text: string): string =>
  text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, (_, encoding: string, word: string) =>
    encoding.toUpperCase() === 'B'
      ? Buffer.from(word, 'base64').toString()
      : decodeURIComponent(
          word
            .replace(/_/g, ' ')
            .replace(/%/g, '%25')
            .replace(/=([0-9A-F]{2})/gi, '%$1'),
        ),
  )

test('without an SMTP server an email becomes one file, named after its Message-ID, mode 0600', async () => {
  const { folder, sender } = await openFolder()
  await sender.send(email, noDeadline)
  expect(await readdir(folder)).toEqual(['order-1001.confirmed.eml'])
  const file = join(folder, 'order-1001.confirmed.eml')
  const mime = await readFile(file, 'utf8')
  const headers = headersOf(mime)
  expect(headers.get('subject')).toBe(email.subject)
  expect(headers.get('to')).toBe('ann@example.com')
  expect(headers.get('from')).toBe(from)
  expect(headers.get('message-id')).toBe(email.messageId)
  expect(headers.get('content-language')).toBe('zh')
  expect(headers.get('content-type')).toMatch(/^multipart\/alternative/)
  expect((await stat(file)).mode & 0o077).toBe(0)
})

test('a sender without a name is called as the shop', async () => {
  const { folder } = await openFolder()
  const sender = createEmailSender({ folder, from: 'shop@example.com', senderName, log })
  await sender.send(email, noDeadline)
  const [file = ''] = await readdir(folder)
  expect(headersOf(await readFile(join(folder, file), 'utf8')).get('from')).toBe('老王的店, Inc. <shop@example.com>')
})

test('an email sent twice leaves one file, and no unfinished one', async () => {
  const { folder, sender } = await openFolder()
  await Promise.all([sender.send(email, noDeadline), sender.send(email, noDeadline)])
  await sender.send({ ...email, messageId: 'order-1001.confirmed@shop.example', text: 'again' }, noDeadline)
  expect(await readdir(folder)).toEqual(['order-1001.confirmed.eml'])
})

test('a Message-ID cannot lead out of the folder, and similar ones keep separate files', async () => {
  const { folder, sender } = await openFolder()
  for (const messageId of ['<../../escape@x>', '<.. .. escape@x>', '<a/b@x>', '<@x>', `<${'n'.repeat(300)}@x>`]) {
    await sender.send({ ...email, messageId }, noDeadline)
  }
  expect(await readdir(folder)).toHaveLength(5)
  expect(await readdir(join(folder, '..'))).toEqual(['emails'])
})

test('the log line contains subject and file, but no address', async () => {
  const { folder, sender } = await openFolder()
  logged.length = 0
  await sender.send(email, noDeadline)
  expect(logged).toHaveLength(1)
  expect(JSON.parse(logged[0] ?? '')).toMatchObject({
    subject: email.subject,
    file: join(folder, 'order-1001.confirmed.eml'),
  })
  expect(logged[0]).not.toContain('ann@')
})

test('an unwritable folder is a retryable failure whose message says what to do', async () => {
  const { folder, sender } = await openFolder()
  await writeFile(folder, 'a file where the folder should be')
  await expect(sender.send(email, noDeadline)).rejects.toMatchObject({
    name: 'OutboundError',
    reason: 'failed',
    message: 'the email folder cannot be written: check that DATA_DIR is writable and has space',
  })
})

test('line breaks in subject, address or Message-ID add neither headers nor recipients', async () => {
  const { server, sender } = await openServer()
  await sender.send(
    { ...email, subject: 'Hello\r\nBcc: eve@example.com\r\n\r\nbody', messageId: '<1@x>\r\nX-Evil: 1' },
    noDeadline,
  )
  expect(server.received[0]?.recipients).toEqual(['ann@example.com'])
  const headers = headersOf(server.received[0]?.mime ?? '')
  expect(headers.get('subject')).toBe('Hello Bcc: eve@example.com  body')
  expect([...headers.keys()]).not.toContain('bcc')
  expect([...headers.keys()]).not.toContain('x-evil')

  for (const to of [
    'ann@example.com, eve@example.com',
    'ann@example.com\r\nBcc: eve@example.com',
    'Ann <ann@example.com>',
    '',
  ]) {
    await expect(sender.send({ ...email, to }, noDeadline)).rejects.toMatchObject({ name: 'EmailRejectedError' })
  }
  expect(server.received).toHaveLength(1)
})

test('emails arrive complete at the SMTP server, over one reused connection', async () => {
  const { server, sender } = await openServer()
  await sender.send(email, noDeadline)
  await sender.send({ ...email, messageId: '<order-1002.confirmed@shop.example>' }, noDeadline)
  expect(server.received.map((arrived) => [arrived.from, arrived.recipients])).toEqual([
    ['shop@example.com', ['ann@example.com']],
    ['shop@example.com', ['ann@example.com']],
  ])
  const headers = headersOf(server.received[1]?.mime ?? '')
  expect(headers.get('subject')).toBe(email.subject)
  expect(headers.get('message-id')).toBe('<order-1002.confirmed@shop.example>')
  expect(headers.get('auto-submitted')).toBe('auto-generated')
  expect(server.connections()).toBe(1)
})

test.each([
  // The server of this test shows domains in Unicode.
  ['info@xn--fsqu00a.xn--fiqs8s', 'info@例子.中国'],
  ["o'brien@example.com", "o'brien@example.com"],
  ["!#$%&'*+/=?^_`{|}~-@localhost", "!#$%&'*+/=?^_`{|}~-@localhost"],
])('an email to %s, which browsers take for an address, is sent to it', async (to, recipient) => {
  const { server, sender } = await openServer()
  await sender.send({ ...email, to }, noDeadline)
  expect(server.received.map(({ recipients }) => recipients)).toEqual([[recipient]])
})

test('an unknown mailbox is a permanent rejection, and its address is not in the error', async () => {
  const { sender } = await openServer({ recipientRejection: { code: 550, text: '5.1.1 <ann@example.com> unknown' } })
  const error: unknown = await sender.send(email, noDeadline).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'EmailRejectedError', message: 'the email was rejected (EENVELOPE RCPT TO 550)' })
  expect(error).not.toHaveProperty('cause')
})

test('a busy server is a retryable failure, and is contacted once', async () => {
  const { server, sender } = await openServer({
    recipientRejection: { code: 451, text: '4.3.0 <ann@example.com> try again later' },
  })
  await expect(sender.send(email, noDeadline)).rejects.toMatchObject({
    name: 'OutboundError',
    reason: 'failed',
    message: 'the SMTP server does not accept the email now (EENVELOPE RCPT TO 451)',
  })
  expect(server.connections()).toBe(1)
})

test('a connection lost during delivery leaves the outcome unknown, without a retry here', async () => {
  const { server, sender } = await openServer({ dropAfterData: true })
  await expect(sender.send(email, noDeadline)).rejects.toMatchObject({ name: 'OutboundError', reason: 'unknown' })
  expect(server.received).toHaveLength(1)
})

test('a stopped server is reported as unreachable: nothing was sent', async () => {
  const { server, sender } = await openServer()
  await server.close()
  await expect(sender.send(email, noDeadline)).rejects.toMatchObject({ name: 'OutboundError', reason: 'unreachable' })
})

test('the deadline ends the wait for a silent server', async () => {
  const { sender } = await openServer({ isSilent: true })
  await expect(sender.send(email, AbortSignal.timeout(50))).rejects.toMatchObject({
    name: 'OutboundError',
    reason: 'unknown',
  })
})
