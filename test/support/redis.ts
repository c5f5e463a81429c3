import { Redis } from 'ioredis'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killOnExit } from './living.ts'
import { findProgram } from './programs.ts'
import { waitFor } from './wait-for.ts'
import { freePort } from '#lib/free-port'

export interface TestRedis extends AsyncDisposable {
  url: string
  port: number
  /** FLUSHALL, as a lost Redis. */
  flushAll: () => Promise<void>
  /** Runs any command. */
  call: (command: string, ...args: string[]) => Promise<unknown>
  /** Freezes it with its connections open (SIGSTOP), and resumes it. */
  freeze: () => void
  thaw: () => void
  /** Restarts it, empty, at the same address. */
  restart: () => Promise<void>
  stop: () => Promise<void>
}

/** A real Redis (or Valkey) on a free port, without persistence, with `noeviction` as the queue requires. */
export async function startRedis(): Promise<TestRedis> {
  const program = findProgram('redis-server', 'valkey-server')
  if (program === undefined) return borrowRedis()
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-redis-'))
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const url = `redis://127.0.0.1:${port}`
    const begin = async (): Promise<ChildProcess> => {
      const begun = launch(program, port, dir)
      try {
        await waitFor(() => begun.exitCode !== null || answers(url), { what: 'Redis to answer' })
        if (begun.exitCode !== null) throw new Error(`${program} ended with ${begun.exitCode}`)
        return begun
      } catch (error) {
        await end(begun)
        throw error
      }
    }
    let child: ChildProcess
    try {
      child = await begin()
    } catch (error) {
      if (attempt < 3) continue
      throw error
    }
    const stop = () => end(child)
    return {
      url,
      port,
      flushAll: async () => void (await send(url, 'flushall')),
      call: (command, ...args) => send(url, command, ...args),
      freeze: () => void child.kill('SIGSTOP'),
      thaw: () => void child.kill('SIGCONT'),
      async restart() {
        await end(child)
        child = await begin()
      },
      stop,
      async [Symbol.asyncDispose]() {
        await end(child)
        await rm(dir, { recursive: true, force: true })
      },
    }
  }
}

function launch(program: string, port: number, dir: string): ChildProcess {
  const flags = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
  }
  const child = spawn(
    program,
    Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: 'ignore' },
  )
  killOnExit(child)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  // It keeps no data, so it needs no graceful stop.
  child.kill('SIGKILL')
  await exited
}

/**
 * The Redis of `REDIS_URL`, where none is installed. Each worker of the run uses and empties a database of its own;
 * other data on the server stays.
 */
async function borrowRedis(): Promise<TestRedis> {
  const given = process.env.REDIS_URL
  if (given === undefined) throw new Error('Tests need redis-server or valkey-server on PATH, or REDIS_URL.')
  const url = new URL(given)
  url.pathname = `/${8 + (Number(process.env.VITEST_POOL_ID ?? 0) % 8)}`
  const flushAll = async () => void (await send(url.href, 'flushdb'))
  await flushAll()
  const unsupported = () => {
    throw new Error('This test ends and freezes its Redis: it needs redis-server or valkey-server on PATH.')
  }
  return {
    url: url.href,
    port: Number(url.port || 6379),
    flushAll,
    call: (command, ...args) => send(url.href, command, ...args),
    freeze: unsupported,
    thaw: unsupported,
    restart: unsupported,
    stop: flushAll,
    [Symbol.asyncDispose]: flushAll,
  }
}

const answers = (url: string) =>
  send(url, 'ping').then(
    () => true,
    () => false,
  )

async function send(url: string, command: string, ...args: string[]): Promise<unknown> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
  client.on('error', () => {})
  try {
    await client.connect()
    return await client.call(command, ...args)
  } finally {
    client.disconnect()
  }
}
