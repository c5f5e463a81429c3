import { Redis } from 'ioredis'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from './programs.ts'
import { waitFor } from './wait-for.ts'
import { freePort } from '#free-port'

export interface TestRedis extends AsyncDisposable {
  url: string
  port: number
  /** Forgets everything, as a lost Redis does. */
  flushAll: () => Promise<void>
  stop: () => Promise<void>
}

/** A real Redis (or Valkey) on a free port, with nothing on disk, as production's queue has it: `noeviction`. */
export async function startRedis(): Promise<TestRedis> {
  const program = findProgram('redis-server', 'valkey-server')
  if (program === undefined) return borrowRedis()
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-redis-'))
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const child = launch(program, port, dir)
    const url = `redis://127.0.0.1:${port}`
    try {
      await waitFor(() => child.exitCode !== null || answers(url), { timeoutMs: 5000, what: 'Redis to answer' })
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`)
    } catch (error) {
      await end(child)
      if (attempt < 3) continue
      throw error
    }
    const stop = async () => {
      await end(child)
      await rm(dir, { recursive: true, force: true })
    }
    return { url, port, flushAll: () => send(url, 'flushall'), stop, [Symbol.asyncDispose]: stop }
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
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  // Nothing of it is kept, so that nothing need be asked politely.
  child.kill('SIGKILL')
  await exited
}

/**
 * The Redis of `REDIS_URL`, where none is installed. Each worker of the run takes a database of its own and empties
 * that alone: what else lies on the server stays.
 */
async function borrowRedis(): Promise<TestRedis> {
  const given = process.env.REDIS_URL
  if (given === undefined) throw new Error('Tests need redis-server or valkey-server on PATH, or REDIS_URL.')
  const url = new URL(given)
  url.pathname = `/${8 + (Number(process.env.VITEST_POOL_ID ?? 0) % 8)}`
  const flushAll = () => send(url.href, 'flushdb')
  await flushAll()
  return { url: url.href, port: Number(url.port || 6379), flushAll, stop: flushAll, [Symbol.asyncDispose]: flushAll }
}

const answers = (url: string) =>
  send(url, 'ping').then(
    () => true,
    () => false,
  )

async function send(url: string, command: 'flushall' | 'flushdb' | 'ping'): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.call(command)
  } finally {
    client.disconnect()
  }
}
