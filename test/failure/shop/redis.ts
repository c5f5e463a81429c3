import { Redis } from 'ioredis'
import { mkdir } from 'node:fs/promises'
import { freePort } from '#lib/free-port'
import { findProgram } from '../../support/programs.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startChild, type Child } from './children.ts'

/** A real Redis on a port that stays the same, with nothing on disk, as the queue has it: `noeviction`. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number
  url(port?: number): string
  start(): Promise<void>
  /** kill -9: what it held is gone. */
  kill(): Promise<void>
  signal(signal: NodeJS.Signals): void
  command(name: string, ...args: string[]): Promise<unknown>
}

export interface RedisOptions {
  dir: string
  /** More of its settings, such as `replicaof`. */
  settings?: Record<string, string>
  /** Runs as Sentinel, from this file, which it writes to. */
  sentinelFile?: string
}

const program = (): string => {
  const found = findProgram('redis-server', 'valkey-server')
  if (found === undefined) throw new Error('The failure suite needs redis-server or valkey-server on PATH.')
  return found
}

export async function startRedisServer({ dir, settings = {}, sentinelFile }: RedisOptions): Promise<RedisServer> {
  await mkdir(dir, { recursive: true })
  const port = await freePort()
  let child: Child | undefined
  const own = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
    'enable-debug-command': 'yes',
  }
  const flags = Object.entries({ ...own, ...settings }).flatMap(([name, value]) => [
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
