import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy in front of one server that injects network faults. */
export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** The server's address through the proxy. */
  urlThrough(url: string): string
  /** Sends new connections to this server; open ones stay. */
  retarget(target: Target): void
  /** Resets every open connection (RST). */
  reset(): void
  /** Black hole: drops all data in both directions. Open connections are half open, new ones are accepted and never answered. */
  blackHole(): void
  /** Drops all data of the connections that are open now; new ones pass. */
  blackHoleOpen(): void
  /** Resets open connections and new ones. */
  rejectConnections(): void
  /** Requests arrive, replies do not. */
  dropReplies(): void
  /** Delays all data, ms. */
  delay(ms: number): void
  /** Delivers a matching request, then resets the connection before its reply, for this share of them. */
  cutReplyTo(request: RegExp, share: () => boolean): void
  /** Passes all data again. Connections that have lost bytes stay dead. */
  restore(): void
  /** Number of connections accepted so far. */
  connectionCount(): number
  /** Number of replies cut. */
  cutCount(): number
}

type Mode = 'pass' | 'blackHole' | 'refuse' | 'dropReplies'

interface Pair {
  client: Socket
  server: Socket
  /** Subject to the current fault. */
  isMarked: boolean
  /** Set once a byte was dropped; the connection stays dead. */
  lost: { requests: boolean; replies: boolean }
}

/** A server of this machine, by port or URL. */
type Target = number | string

const portOf = (target: Target): number => (typeof target === 'number' ? target : Number(new URL(target).port))

/** @param options.only the black hole applies to connections that have sent this; to all unless given */
export async function startProxy(first: Target, { only }: { only?: RegExp } = {}): Promise<Proxy> {
  const pairs = new Set<Pair>()
  let target = portOf(first)
  let mode: Mode = 'pass'
  let delayMs = 0
  let cut: { request: RegExp; share: () => boolean } | undefined
  let cuts = 0
  let connections = 0

  const server = createServer({ noDelay: true }, (client) => {
    connections += 1
    if (mode === 'refuse') return cutOff(client)
    const pair: Pair = {
      client,
      server: connect({ port: target, host: '127.0.0.1', noDelay: true }),
      isMarked: only === undefined,
      lost: { requests: false, replies: false },
    }
    pairs.add(pair)
    client.on('data', (chunk) => forward(pair, 'requests', chunk))
    pair.server.on('data', (chunk) => forward(pair, 'replies', chunk))
    for (const [one, other] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => {
        if (other.destroyed) pairs.delete(pair)
        // The end of a connection is data too, and is dropped likewise.
        else if (!isSwallowed(pair, 'replies')) other.destroy()
      })
    }
  })

  function forward(pair: Pair, way: 'requests' | 'replies', chunk: Buffer): void {
    const text = chunk.toString('latin1')
    if (way === 'requests') pair.isMarked ||= only?.test(text) === true
    pair.lost[way] ||= isSwallowed(pair, way)
    if (pair.lost[way]) return
    const to = way === 'requests' ? pair.server : pair.client
    const isCut = way === 'requests' && cut !== undefined && cut.request.test(text) && cut.share()
    const pass = (): void => {
      to.write(chunk)
      if (isCut) cutReply(pair)
    }
    if (delayMs > 0) setTimeout(pass, delayMs)
    else pass()
  }

  const isSwallowed = ({ isMarked, lost }: Pair, way: 'requests' | 'replies'): boolean =>
    lost[way] || (isMarked && (mode === 'blackHole' || (mode === 'dropReplies' && way === 'replies')))

  /** The server acts on the request, and the client gets no reply. */
  function cutReply(pair: Pair): void {
    cuts += 1
    pair.lost.replies = true
    cutOff(pair.client)
    setTimeout(() => pair.server.destroy(), 500)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const reset = (): void => {
    for (const { client, server: upstream } of pairs) {
      cutOff(client)
      cutOff(upstream)
    }
    pairs.clear()
  }
  return {
    port,
    urlThrough(url) {
      const other = new URL(url)
      other.port = String(port)
      return other.href
    },
    retarget: (to) => void (target = portOf(to)),
    reset,
    blackHole: () => void (mode = 'blackHole'),
    blackHoleOpen() {
      for (const { isMarked, lost } of pairs) if (isMarked) lost.requests = lost.replies = true
    },
    rejectConnections() {
      mode = 'refuse'
      reset()
    },
    dropReplies: () => void (mode = 'dropReplies'),
    delay: (ms) => void (delayMs = ms),
    cutReplyTo: (request, share) => void (cut = { request, share }),
    restore() {
      mode = 'pass'
      delayMs = 0
      cut = undefined
    },
    connectionCount: () => connections,
    cutCount: () => cuts,
    [Symbol.asyncDispose]() {
      server.close()
      reset()
      return Promise.resolve()
    },
  }
}

/** Node 24.21 cannot reset a socket that is half closed: it would stay open and keep its process alive. */
function cutOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
