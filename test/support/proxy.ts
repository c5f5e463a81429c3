import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy before one server, which does to its connections what networks do. */
export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** The same address by way of the proxy. */
  urlThrough(url: string): string
  /** New connections go there from now on; those that are open stay where they are. */
  retarget(target: Target): void
  /** Resets every connection at once (RST). */
  reset(): void
  /** Swallows everything, both ways, and tells nobody: connections are half open, new ones are taken and never answered. */
  blackHole(): void
  /** What is open now is swallowed for good; new connections pass. */
  blackHoleOpen(): void
  /** Cuts what is open, and refuses what is new. */
  rejectConnections(): void
  /** Requests arrive, replies do not. */
  dropReplies(): void
  /** Passes this much later, ms. */
  delay(ms: number): void
  /** Lets this request arrive, then resets the connection before its reply; of the requests that match, this share. */
  cutReplyTo(request: RegExp, share: () => boolean): void
  /** Passes everything again. Connections that have lost bytes stay as dead as they are. */
  restore(): void
  /** How many replies were cut. */
  cutCount(): number
}

type Mode = 'pass' | 'blackHole' | 'refuse' | 'dropReplies'

interface Pair {
  client: Socket
  server: Socket
  /** What befalls connections befalls this one. */
  isMarked: boolean
  /** Set for good once a byte of it was swallowed. */
  lost: { requests: boolean; replies: boolean }
}

/** A server of this machine: its port, or an address that names it. */
type Target = number | string

const portOf = (target: Target): number => (typeof target === 'number' ? target : Number(new URL(target).port))

/** @param only connections that have sent this are the ones to be swallowed; all unless given */
export async function startProxy(first: Target, { only }: { only?: RegExp } = {}): Promise<Proxy> {
  const pairs = new Set<Pair>()
  let target = portOf(first)
  let mode: Mode = 'pass'
  let delayMs = 0
  let cut: { request: RegExp; share: () => boolean } | undefined
  let cuts = 0

  const server = createServer({ noDelay: true }, (client) => {
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
        // The end of a connection is a message too, and gets lost like any other.
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

  /** The request is on its way to the server, which acts on it; the client learns nothing. */
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
    cutCount: () => cuts,
    [Symbol.asyncDispose]() {
      server.close()
      reset()
      return Promise.resolve()
    },
  }
}

/** Node 24.21 cannot reset a socket that is saying good-bye: it would stay open for ever, and its process never end. */
function cutOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
