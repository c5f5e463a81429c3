import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

export interface SmtpServerOptions {
  /** Answers RCPT TO instead of `250 ok`. */
  replyToRecipient?: string
  /** Takes the letter and hangs up without a reply. */
  dropAfterData?: boolean
  /** Accepts connections and never greets. */
  isSilent?: boolean
}

interface ReceivedMail {
  sender: string
  recipients: string[]
  mime: string
}

/** For tests: as much of an SMTP server (RFC 5321) as a client notices. */
export async function startSmtpServer(options: SmtpServerOptions) {
  const received: ReceivedMail[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    if (!options.isSilent) converse(socket, options, received)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    received,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

function converse(socket: Socket, options: SmtpServerOptions, received: ReceivedMail[]): void {
  let mail: ReceivedMail = { sender: '', recipients: [], mime: '' }
  let isData = false
  let buffered = ''
  const reply = (line: string) => socket.write(`${line}\r\n`)

  function endOfData(): void {
    isData = false
    received.push(mail)
    if (options.dropAfterData) socket.destroy()
    else reply('250 taken')
  }

  function command(line: string): void {
    const [verb = ''] = line.toUpperCase().split(/[ :]/)
    const argument = line
      .slice(line.indexOf(':') + 1)
      .split(' ', 1)
      .join('')
    if (verb === 'MAIL') mail = { sender: argument, recipients: [], mime: '' }
    if (verb === 'RCPT' && options.replyToRecipient !== undefined) return void reply(options.replyToRecipient)
    if (verb === 'RCPT') mail.recipients.push(argument)
    isData = verb === 'DATA'
    reply(isData ? '354 go ahead' : verb === 'QUIT' ? '221 bye' : '250 ok')
  }

  reply('220 test')
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    buffered += chunk
    for (let end = buffered.indexOf('\r\n'); end >= 0; end = buffered.indexOf('\r\n')) {
      const line = buffered.slice(0, end)
      buffered = buffered.slice(end + 2)
      if (!isData) command(line)
      else if (line === '.') endOfData()
      else mail.mime += `${line.replace(/^\./, '')}\r\n`
    }
  })
}
