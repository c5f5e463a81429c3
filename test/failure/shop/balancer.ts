import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A load balancer as small as one can be: every request goes to the next of its targets. */
export interface Balancer extends AsyncDisposable {
  readonly port: number
  /** Requests that come from now on go to these ports; those under way end where they are. */
  retarget(ports: readonly number[]): void
  /** Waits until no request is under way to this port. */
  drained(port: number): Promise<void>
}

export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 })
  const underWay = new Map<number, Set<Promise<void>>>()
  let targets = ports
  let turn = 0

  async function pass(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const port = targets[(turn += 1) % targets.length]
    if (port === undefined) throw new Error('a balancer needs a target')
    const done = forward(incoming, reply, port)
    const ofPort = underWay.get(port) ?? new Set()
    underWay.set(port, ofPort.add(done))
    await done
    ofPort.delete(done)
  }

  /** Never rejects: what the target does not answer is a bad gateway. */
  function forward(incoming: IncomingMessage, reply: ServerResponse, port: number): Promise<void> {
    const { method, url, headers } = incoming
    return new Promise((resolve) => {
      reply.once('close', resolve)
      const sent = request({ agent, port, host: '127.0.0.1', method, path: url, headers }, (answer) => {
        reply.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(reply)
      })
      sent.on('error', () => {
        if (reply.headersSent) reply.destroy()
        else reply.writeHead(502).end('bad gateway')
      })
      incoming.pipe(sent)
    })
  }

  const server = createServer((incoming, reply) => void pass(incoming, reply))
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    retarget: (to) => void (targets = to),
    drained: async (port) => void (await Promise.all(underWay.get(port) ?? new Set<Promise<void>>())),
    [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
      return Promise.resolve()
    },
  }
}
