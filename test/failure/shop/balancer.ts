import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Round-robin load balancer: each request goes to the next target. */
export interface Balancer extends AsyncDisposable {
  readonly port: number
  /** Sends new requests to these ports. Requests in flight end at their old target. */
  retarget(ports: readonly number[]): void
  /** Resolves when no request to this port is in flight. */
  drained(port: number): Promise<void>
}

export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 })
  const inFlight = new Map<number, Set<Promise<void>>>()
  let targets = ports
  let requests = 0

  async function pass(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const port = targets[(requests += 1) % targets.length]
    if (port === undefined) throw new Error('the balancer has no target')
    const done = forward(incoming, reply, port)
    const ofPort = inFlight.get(port) ?? new Set()
    inFlight.set(port, ofPort.add(done))
    await done
    ofPort.delete(done)
  }

  /** Never rejects: without a reply of the target the response is 502. */
  function forward(incoming: IncomingMessage, reply: ServerResponse, port: number): Promise<void> {
    const { method, url, headers } = incoming
    return new Promise((resolve) => {
      reply.once('close', resolve)
      const sent = request({ agent, port, host: '127.0.0.1', method, path: url, headers }, (response) => {
        reply.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(reply)
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
    drained: async (port) => void (await Promise.all(inFlight.get(port) ?? new Set<Promise<void>>())),
    [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
      return Promise.resolve()
    },
  }
}
