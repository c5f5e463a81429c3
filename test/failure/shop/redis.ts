import { Redis } from 'ioredis'
import { mkdir } from 'node:fs/promises'
import { freePort } from '#lib/free-port'
import { findProgram } from '../../support/programs.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startChild, type Child } from './children.ts'

/** A real Redis server without persistence, with the queue's policy `noeviction`. It keeps its port across restarts. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number
  url(port?: number): string
  start(): Promise<void>
  /** kill -9: all data is lost. */
  kill(): Promise<void>
  signal(signal: NodeJS.Signals): void
  command(name: string, ...args: string[]): Promise<unknown>
}

export interface RedisOptions {
  dir: string
  /** Additional settings, such as `replicaof`. */
  settings?: Record<string, string>
  /** Configuration file of a Sentinel, which the server then runs as, and which it rewrites. */
  sentinelFile?: string
}

const program = (): string => {
  const found = findProgram('redis-server', 'valkey-server')
  if (found === undefined)
    throw new Error('The failure suite needs redis-server or valkey-server. Install one of them and put it on PATH.')
  return found
}

export async function startRedisServer({ dir, settings = {}, sentinelFile }: RedisOptions): Promise<RedisServer> {
  await mkdir(dir, { recursive: true })
  const port = await freePort()
  let child: Child | undefined
  const defaults = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
    'enable-debug-command': 'yes',
  }
  const flags = Object.entries({ ...defaults, ...settings }).flatMap(([name, value]) => [
    `--${name}`,
    ...(name === 'replicaof' ? value.split(' ') : [value]),
  ])

  async function start(): Promise<void> {
    const args =
      sentinelFile === undefined ? flags : [sentinelFile, '--sentinel', '--port', String(port), '--bind', '127.0.0.1']
    child = await startChild(program(), args, { stdio: 'ignore' })
    await waitFor(async () => (await command('ping')) === 'PONG', { what: 'Redis to answer' })
  }

  const command = (name: string, ...args: string[]): Promise<unknown> => call(port, name, args)
  await start()
  return {
    port,
    url: (at = port) => `redis://127.0.0.1:${at}`,
    start,
    kill: async () => child?.end(),
    signal: (signal) => child?.signal(signal),
    command,
    [Symbol.asyncDispose]: async () => child?.end(),
  }
}

async function call(port: number, name: string, args: readonly string[]): Promise<unknown> {
  const client = new Redis({
    port,
    host: '127.0.0.1',
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await client.call(name, ...args)
  } finally {
    client.disconnect()
  }
}
