import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createEmailSender, type EmailMessage } from './sender.ts'
import { startSmtpServer, type SmtpServerOptions } from './smtp-server.fixture.ts'

const letter: EmailMessage = {
  to: 'ann@example.com',
  subject: '您的订单 1001 已确认，感谢您的购买：无线耳机、机械键盘和更多商品正在准备发货',
  text: '您好！\n.\n订单已付款。',
  html: '<p>您好！</p>',
  messageId: '<order-1001.confirmed@shop.example>',
  locale: 'zh',
}
const noDeadline = new AbortController().signal
const from = 'Holdfast <shop@example.com>'
const logged: string[] = []
const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) })

async function openFolder() {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-mail-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const folder = join(root, 'mail')
  return { folder, sender: createEmailSender({ folder, from, log }) }
}

async function openServer(options: SmtpServerOptions = {}) {
  const server = await startSmtpServer(options)
  const sender = createEmailSender({ smtpUrl: server.url, folder: '/nowhere', from, log })
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

test('without a mail server a letter becomes one readable file, named after its Message-ID, for our user alone', async () => {
  const { folder, sender } = await openFolder()
  await sender.send(letter, noDeadline)
  expect(await readdir(folder)).toEqual(['order-1001.confirmed.eml'])
  const file = join(folder, 'order-1001.confirmed.eml')
  const mime = await readFile(file, 'utf8')
  const headers = headersOf(mime)
  expect(headers.get('subject')).toBe(letter.subject)
  expect(headers.get('to')).toBe('ann@example.com')
  expect(headers.get('from')).toBe(from)
  expect(headers.get('message-id')).toBe(letter.messageId)
  expect(headers.get('content-language')).toBe('zh')
  expect(headers.get('content-type')).toMatch(/^multipart\/alternative/)
  expect((await stat(file)).mode & 0o077).toBe(0)
})

test('a letter sent twice leaves one file, and no unfinished one', async () => {
  const { folder, sender } = await openFolder()
  await Promise.all([sender.send(letter, noDeadline), sender.send(letter, noDeadline)])
  await sender.send({ ...letter, messageId: 'order-1001.confirmed@shop.example', text: 'again' }, noDeadline)
  expect(await readdir(folder)).toEqual(['order-1001.confirmed.eml'])
})

test('a Message-ID cannot lead out of the folder, and two that look alike keep two files', async () => {
  const { folder, sender } = await openFolder()
  for (const messageId of ['<../../escape@x>', '<.. .. escape@x>', '<a/b@x>', '<@x>', `<${'n'.repeat(300)}@x>`]) {
    await sender.send({ ...letter, messageId }, noDeadline)
  }
  expect(await readdir(folder)).toHaveLength(5)
  expect(await readdir(join(folder, '..'))).toEqual(['mail'])
})

test('the console line names subject and file but no address', async () => {
  const { folder, sender } = await openFolder()
  logged.length = 0
  await sender.send(letter, noDeadline)
  expect(logged).toHaveLength(1)
  expect(JSON.parse(logged[0] ?? '')).toMatchObject({
    subject: letter.subject,
    file: join(folder, 'order-1001.confirmed.eml'),
  })
  expect(logged[0]).not.toContain('ann@')
})

test('a folder that cannot be written is a failure that may pass, told with what to do', async () => {
  const { folder, sender } = await openFolder()
  await writeFile(folder, 'a file where the folder should be')
  await expect(sender.send(letter, noDeadline)).rejects.toMatchObject({
    name: 'OutboundError',
    reason: 'failed',
    message: 'the mail folder cannot be written: check that DATA_DIR is writable and has space',
  })
})

test('line breaks in subject, address or Message-ID add neither headers nor recipients', async () => {
  const { server, sender } = await openServer()
  await sender.send(
    { ...letter, subject: 'Hello\r\nBcc: eve@example.com\r\n\r\nbody', messageId: '<1@x>\r\nX-Evil: 1' },
    noDeadline,
  )
  expect(server.received[0]?.recipients).toEqual(['<ann@example.com>'])
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
    await expect(sender.send({ ...letter, to }, noDeadline)).rejects.toMatchObject({ name: 'MailRefusedError' })
  }
  expect(server.received).toHaveLength(1)
})

test('with a mail server letters arrive whole, over a connection that is kept', async () => {
  const { server, sender } = await openServer()
  await sender.send(letter, noDeadline)
  await sender.send({ ...letter, messageId: '<order-1002.confirmed@shop.example>' }, noDeadline)
  expect(server.received.map(({ sender: envelopeFrom, recipients }) => [envelopeFrom, recipients])).toEqual([
    ['<shop@example.com>', ['<ann@example.com>']],
    ['<shop@example.com>', ['<ann@example.com>']],
  ])
  const headers = headersOf(server.received[1]?.mime ?? '')
  expect(headers.get('subject')).toBe(letter.subject)
  expect(headers.get('message-id')).toBe('<order-1002.confirmed@shop.example>')
  expect(headers.get('auto-submitted')).toBe('auto-generated')
  expect(server.connections()).toBe(1)
})

test('a mailbox that does not exist is a refusal for good, and its address stays out of the error', async () => {
  const { sender } = await openServer({ replyToRecipient: '550 5.1.1 <ann@example.com> unknown' })
  const error: unknown = await sender.send(letter, noDeadline).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'MailRefusedError', message: 'the letter was refused (EENVELOPE RCPT TO 550)' })
  expect(error).not.toHaveProperty('cause')
})

test('a server that is busy may take the letter later, and is asked once', async () => {
  const { server, sender } = await openServer({ replyToRecipient: '451 4.3.0 <ann@example.com> try again later' })
  await expect(sender.send(letter, noDeadline)).rejects.toMatchObject({
    name: 'OutboundError',
    reason: 'failed',
    message: 'the mail server does not take the letter now (EENVELOPE RCPT TO 451)',
  })
  expect(server.connections()).toBe(1)
})

test('a connection that is lost while the letter is under way leaves it open whether it went out, and is not retried here', async () => {
  const { server, sender } = await openServer({ dropAfterData: true })
  await expect(sender.send(letter, noDeadline)).rejects.toMatchObject({ name: 'OutboundError', reason: 'unknown' })
  expect(server.received).toHaveLength(1)
})

test('a server that is not there is told as unreachable: nothing was sent', async () => {
  const { server, sender } = await openServer()
  await server.close()
  await expect(sender.send(letter, noDeadline)).rejects.toMatchObject({ name: 'OutboundError', reason: 'unreachable' })
})

test('the deadline ends the wait for a server that says nothing', async () => {
  const { sender } = await openServer({ isSilent: true })
  await expect(sender.send(letter, AbortSignal.timeout(50))).rejects.toMatchObject({
    name: 'OutboundError',
    reason: 'unknown',
  })
})
