import { once } from 'node:events'
import net from 'node:net'

/** A TCP proxy before Postgres, so that what its clients are connected to can change, or fall silent. */
export interface Road extends AsyncDisposable {
  /** Postgres by this road. */
  url: string
  /** Where it leads, as an address of Postgres. */
  to: string
  /** While true it takes connections and nothing ever comes back, as from a host that has gone away. */
  isSilent: boolean
}

export async function openRoad(to: string): Promise<Road> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    keep(socket)
    if (road.isSilent) return
    const { port, hostname } = new URL(road.to)
    const onward = keep(net.connect(Number(port), hostname))
    onward.once('close', () => socket.destroy())
    socket.once('close', () => onward.destroy())
    socket.pipe(onward).pipe(socket)
  })
  function keep(socket: net.Socket): net.Socket {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    return socket
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(to)
  url.port = String((server.address() as net.AddressInfo).port)
  const road: Road = {
    url: url.href,
    to,
    isSilent: false,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return road
}
