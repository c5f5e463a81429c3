import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

export interface SmtpServerOptions {
  /** Rejects every recipient with this reply. */
  recipientRejection?: { code: number; text: string }
  /** Accepts the email and closes the connection without a reply. */
  dropAfterData?: boolean
  /** Accepts connections and never sends a greeting. */
  isSilent?: boolean
}

interface ReceivedEmail {
  from: string
  recipients: string[]
  mime: string
}

/** For tests: an SMTP server on a free port that records emails and fails as its options say. */
export async function startSmtpServer({ recipientRejection, dropAfterData, isSilent }: SmtpServerOptions) {
  const received: ReceivedEmail[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onConnect(_session, accept) {
      if (!isSilent) accept()
    },
    onRcptTo(_address, _session, reply) {
      if (recipientRejection === undefined) return reply()
      reply(Object.assign(new Error(recipientRejection.text), { responseCode: recipientRejection.code }))
    },
    onData(stream, { envelope: { mailFrom, rcptTo } }, reply) {
      void text(stream).then((mime) => {
        received.push({
          from: mailFrom ? mailFrom.address : '',
          recipients: rcptTo.map(({ address }) => address),
          mime,
        })
        if (!dropAfterData) return reply()
        for (const socket of sockets) socket.destroy()
      })
    },
  })
  // Connections that clients break off are part of the tests.
  smtp.on('error', () => {})
  const server = smtp.listen(0, '127.0.0.1')
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await once(server, 'listening')
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise<void>((resolve) => smtp.close(resolve))
    },
  }
}
