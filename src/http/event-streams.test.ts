import Fastify from 'fastify'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { AppError } from '#errors'
import { waitFor } from '#test'
import { createEventStreams, type StreamLimits } from './event-streams.ts'
import { sendError } from './send-error.ts'

/** A server whose streams stay open. Clients choose their source, as if a balancer had reported it. */
async function startServer(limits: StreamLimits) {
  const streams = createEventStreams(limits)
  const server = Fastify({ trustProxy: 'loopback' })
  server.setErrorHandler((error, _, reply) => {
    if (!(error instanceof AppError)) throw error
    return sendError(reply, error.code, error)
  })
  server.get('/trpc/:path', (request, reply) => {
    streams.open(request, reply)
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n')
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo

  async function open(source: string, id: unknown, path = 'order.watch'): Promise<IncomingMessage> {
    const url = `http://127.0.0.1:${port}/trpc/${path}?input=${encodeURIComponent(JSON.stringify({ id }))}`
    const headers = { accept: 'text/event-stream', 'x-forwarded-for': source }
    const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage]
    response.on('error', () => undefined)
    return response
  }
  return {
    open,
    status: async (...given: Parameters<typeof open>) => (await open(...given)).statusCode,
    endAll: streams.endAll,
    async [Symbol.asyncDispose]() {
      streams.endAll()
      server.server.closeAllConnections()
      await server.close()
    },
  }
}

test('a source has a limited number of streams, however it varies its IPv6 address', async () => {
  await using server = await startServer({ total: 100, source: 3, subject: 100 })
  for (const n of [1, 2, 3]) expect(await server.status(`2001:db8:0:7::${n}`, `order-${n}`)).toBe(200)
  const rejected = await server.open('2001:db8:0:7:ffff::9', 'order-9')
  expect(rejected.statusCode).toBe(429)
  expect(rejected.headers['retry-after']).toBe('30')
  expect(await server.status('2001:db8:0:8::1', 'order-9')).toBe(200)
})

test('a subject has a limited number of streams, from all sources together', async () => {
  await using server = await startServer({ total: 100, source: 100, subject: 2 })
  expect(await server.status('192.0.2.1', 'an-order')).toBe(200)
  expect(await server.status('192.0.2.2', 'AN-ORDER')).toBe(200)
  expect(await server.status('192.0.2.3', 'an-order')).toBe(429)
  expect(await server.status('192.0.2.3', 'another')).toBe(200)
  expect(await server.status('192.0.2.3', 'an-order', 'stock.watch')).toBe(200)
  for (const status of [200, 200, 429]) expect(await server.status('192.0.2.4', ['not an id'])).toBe(status)
})

test('a server with all its streams is unavailable, until one of them ends', async () => {
  await using server = await startServer({ total: 2, source: 100, subject: 100 })
  const first = await server.open('192.0.2.1', 'a')
  expect(await server.status('192.0.2.2', 'b')).toBe(200)
  const rejected = await server.open('192.0.2.3', 'c')
  expect(rejected.statusCode).toBe(503)
  expect(Number(rejected.headers['retry-after'])).toBeGreaterThanOrEqual(30)
  first.destroy()
  await waitFor(async () => (await server.status('192.0.2.3', 'c')) === 200, { what: 'room for a stream' })
})
