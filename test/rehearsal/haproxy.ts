import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePort } from '#lib/free-port'
import { findProgram } from '../support/programs.ts'
import { waitFor } from '../support/wait-for.ts'
import { startChild } from '../failure/shop/children.ts'

export const colours = ['blue', 'green'] as const
export type Colour = (typeof colours)[number]

/** Algorithms of the balancer: those of an application load balancer that one machine can show. */
export const algorithms = ['roundrobin', 'leastconn'] as const
export type Algorithm = (typeof algorithms)[number]

/**
 * HAProxy in the place of two load balancers and the domain: each colour has an address of its own, and the live address
 * leads to the live colour. It checks /readyz and never repeats a request, as an application load balancer.
 */
export interface Balancer extends AsyncDisposable {
  /** The address that follows a swap immediately. */
  readonly liveUrl: string
  /** The address of one colour, as clients know it that resolved the domain before a swap. */
  urlOf(colour: Colour): string
  /** Sends new requests of the live address to this colour. */
  swap(to: Colour): Promise<void>
  /** Adds an instance; resolves when its health check passes. */
  register(colour: Colour, port: number): Promise<void>
  /** Sends no new requests to an instance; resolves when its last one is answered. */
  deregister(colour: Colour, port: number): Promise<void>
}

/** Most instances of a colour. */
const slots = 6

export async function startBalancer(folder: string, algorithm: Algorithm): Promise<Balancer> {
  await mkdir(folder, { recursive: true })
  const [livePort, bluePort, greenPort] = [await freePort(), await freePort(), await freePort()]
  const ports = { blue: bluePort, green: greenPort }
  const socket = join(folder, 'haproxy.sock')
  const liveMap = join(folder, 'live.map')
  await writeFile(liveMap, 'live blue\n')
  await writeFile(join(folder, 'haproxy.cfg'), configuration({ algorithm, socket, liveMap, livePort, ports }))
  const program = findProgram('haproxy')
  if (program === undefined) throw new Error('The rehearsal needs haproxy. Install it and put it on PATH.')
  const child = await startChild(program, ['-f', join(folder, 'haproxy.cfg'), '-db'], { stdio: 'ignore' })
  await waitFor(() => command(socket, 'show info').then((reply) => reply.includes('Uptime')), { what: 'HAProxy' })

  /** Port of the instance in each slot, by colour. */
  const taken = { blue: new Map<number, number>(), green: new Map<number, number>() }
  const run = async (line: string): Promise<void> => {
    const reply = (await command(socket, line)).trim()
    // HAProxy confirms a change of address in words, and any other success by silence.
    if (reply !== '' && !/changed from|no need to change|updated/i.test(reply)) throw new Error(`${line}: ${reply}`)
  }
  const serverAt = (colour: Colour, slot: number) => `${colour}/web${slot}`
  const stateOf = async (colour: Colour, slot: number): Promise<{ isUp: boolean; current: number }> => {
    const rows = parseCsv(await command(socket, 'show stat'))
    const row = rows.find(({ pxname, svname }) => pxname === colour && svname === `web${slot}`)
    return { isUp: row?.['status'] === 'UP', current: Number(row?.['scur']) }
  }

  return {
    liveUrl: `http://127.0.0.1:${livePort}`,
    urlOf: (colour) => `http://127.0.0.1:${ports[colour]}`,
    swap: (to) => run(`set map ${liveMap} live ${to}`),
    async register(colour, port) {
      const slot = Array.from({ length: slots }, (_, n) => n + 1).find((n) => !taken[colour].has(n))
      if (slot === undefined) throw new Error(`${colour} has ${slots} instances already`)
      taken[colour].set(slot, port)
      await run(`set server ${serverAt(colour, slot)} addr 127.0.0.1 port ${port}`)
      await run(`set server ${serverAt(colour, slot)} state ready`)
      await run(`enable health ${serverAt(colour, slot)}`)
      await waitFor(async () => (await stateOf(colour, slot)).isUp, {
        timeoutMs: 60_000,
        what: `the instance of ${colour} to be healthy`,
      })
    },
    async deregister(colour, port) {
      const [slot = 0] = [...taken[colour]].find(([, used]) => used === port) ?? []
      await run(`set server ${serverAt(colour, slot)} state drain`)
      await waitFor(async () => (await stateOf(colour, slot)).current === 0, {
        timeoutMs: 60_000,
        what: `the instance of ${colour} to answer its last request`,
      })
      await run(`set server ${serverAt(colour, slot)} state maint`)
      taken[colour].delete(slot)
    },
    [Symbol.asyncDispose]: () => child.end('SIGTERM'),
  }
}

interface Configuration {
  algorithm: Algorithm
  socket: string
  liveMap: string
  livePort: number
  ports: Record<Colour, number>
}

const configuration = ({ algorithm, socket, liveMap, livePort, ports }: Configuration): string => `
global
  stats socket ${socket} mode 600 level admin
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout http-keep-alive 60s
  timeout server 60s
  retries 0
  option http-keep-alive
frontend live
  bind 127.0.0.1:${livePort}
  use_backend %[str(live),map(${liveMap})]
${colours
  .map(
    (colour) => `frontend only-${colour}
  bind 127.0.0.1:${ports[colour]}
  default_backend ${colour}
backend ${colour}
  balance ${algorithm}
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
  http-check expect status 200
  http-response set-header x-colour ${colour}
  default-server check inter 500ms fall 2 rise 1 disabled
${Array.from({ length: slots }, (_, n) => `  server web${n + 1} 127.0.0.1:1`).join('\n')}
`,
  )
  .join('')}`

/** One command of HAProxy's runtime API. @returns its reply */
async function command(socket: string, line: string): Promise<string> {
  const connection = createConnection(socket)
  await once(connection, 'connect')
  connection.end(`${line}\n`)
  return text(connection)
}

function parseCsv(stat: string): Record<string, string | undefined>[] {
  const [head = '', ...lines] = stat.replace(/^# /, '').trim().split('\n')
  const names = head.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, index) => [names[index] ?? '', value])))
}
