import { once } from 'node:events'
import net from 'node:net'

/** A way to a server that can be cut, fall silent, or lead elsewhere. */
export interface TcpPath extends AsyncDisposable {
  readonly port: number
  /** Both ends of every connection learn that it is gone (RST). */
  reset(): void
  /** Connections stay open and carry nothing any more; those of later too, if `forGood`. */
  swallow(options: { forGood: boolean }): void
  /** Carries again what comes from now on. */
  heal(): void
  /** Where later connections go. */
  leadTo(other: { port: number }): void
}

/** @param only connections that have sent this are the ones to be swallowed; all unless given */
export async function openPath(target: { port: number }, { only }: { only?: RegExp } = {}): Promise<TcpPath> {
  const connections = new Set<Connection>()
  let { port } = target
  let isHole = false
  const server = net.createServer((inner) => {
    const connection = connect(inner, port)
    connections.add(connection)
    inner.once('close', () => connections.delete(connection))
    if (only === undefined) {
      connection.isMarked = true
      if (isHole) connection.swallow()
      return
    }
    inner.on('data', (chunk: Buffer) => {
      connection.isMarked ||= only.test(chunk.toString('latin1'))
      if (isHole && connection.isMarked) connection.swallow()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reset = (): void => {
    for (const connection of connections) connection.reset()
  }
  return {
    port: (server.address() as net.AddressInfo).port,
    reset,
    swallow({ forGood }) {
      isHole = forGood
      for (const connection of connections) if (connection.isMarked) connection.swallow()
    },
    heal() {
      isHole = false
      reset()
    },
    leadTo(other) {
      port = other.port
    },
    async [Symbol.asyncDispose]() {
      reset()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Connection {
  isMarked: boolean
  swallow(): void
  reset(): void
}

function connect(inner: net.Socket, port: number): Connection {
  const outer = net.connect(port, '127.0.0.1')
  inner.pipe(outer).pipe(inner)
  for (const [socket, other] of [
    [inner, outer],
    [outer, inner],
  ] as const) {
    socket.on('error', () => undefined)
    socket.once('close', () => other.destroy())
  }
  return {
    isMarked: false,
    swallow() {
      inner.unpipe(outer).resume()
      outer.unpipe(inner).resume()
    },
    reset() {
      inner.resetAndDestroy()
      outer.resetAndDestroy()
    },
  }
}
