import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, copyFile, open, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '#lib/free-port'
import { onConnection } from '#db'
import type { Binaries } from './binaries.ts'
import { serverEnv, superuser } from './cluster.ts'
import type { Home } from './home.ts'

export interface ServerOptions {
  home: Home
  binaries: Binaries
  password: string
  settings: Record<string, string>
  log: (line: string) => void
}

export interface Server {
  url: string
  port: number
  stop: () => Promise<void>
}

/** Starts Postgres on a free port and waits until it answers; throws an Error with the end of its log when it gives up. */
export async function startServer(options: ServerOptions): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const run = await launch(options, port)
    try {
      await waitUntilReady(run, urlOf(options, port, 'postgres'), options.log)
      const url = await openDatabase(options, port)
      return { url, port, stop: keep(run, options.log) }
    } catch (error) {
      await end(run)
      const isPortTaken = /Address already in use|could not create any TCP\/IP sockets/.test((error as Error).message)
      if (!isPortTaken || attempt === portAttemptsMax) throw error
    }
  }
}

const portAttemptsMax = 5
const database = 'holdfast'

interface Run {
  child: ChildProcess
  logFile: string
  /** Where in the log this run begins. */
  logStart: number
  exited: Promise<unknown>
}

const urlOf = ({ password }: ServerOptions, port: number, name: string) =>
  `postgres://${superuser}:${password}@127.0.0.1:${port}/${name}`

/** Statements and details stay out of the log, since they hold buyers' data. */
const ownSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

async function launch(options: ServerOptions, port: number): Promise<Run> {
  const { home, binaries } = options
  const logFile = join(home.dir, 'postgres.log')
  await rotate(logFile)
  const output = await open(logFile, 'a', 0o600)
  try {
    if (home.account !== undefined) await chown(logFile, home.account.uid, home.account.gid)
    const logStart = (await output.stat()).size
    const settings = Object.entries({ ...ownSettings, ...options.settings, port: String(port) })
    const child = spawn(binaries.postgres, ['-D', home.cluster, ...settings.flatMap(([k, v]) => ['-c', `${k}=${v}`])], {
      // A process group of its own: Ctrl-C in a terminal must not stop it before the shop has drained.
      detached: true,
      cwd: home.dir,
      env: serverEnv,
      stdio: ['ignore', output.fd, output.fd],
      ...(home.account === undefined ? {} : { uid: home.account.uid, gid: home.account.gid }),
    })
    const exited = once(child, 'exit')
    // However this process ends, by Ctrl-C while it boots or by a fault: its database does not stay behind.
    const endWithUs = () => child.kill('SIGINT')
    process.once('exit', endWithUs)
    child.once('exit', () => process.off('exit', endWithUs))
    await once(child, 'spawn')
    return { child, logFile, logStart, exited }
  } finally {
    await output.close()
  }
}

/** Waits longer while the server says that it is recovering: after a crash that takes as long as there is log to replay. */
async function waitUntilReady(run: Run, url: string, log: (line: string) => void): Promise<void> {
  const begin = Date.now()
  let isAnnounced = false
  while (!hasExited(run)) {
    const failure = await tryConnect(url)
    if (failure === undefined) return
    const isRecovering = failure.code === '57P03'
    const waitedMs = Date.now() - begin
    if (waitedMs > (isRecovering ? 300_000 : 9000)) throw new Error(`it does not answer: ${failure.message}`)
    if (isRecovering && waitedMs > 1500 && !isAnnounced) {
      log('The database is recovering from a crash ...')
      isAnnounced = true
    }
    await delay(20)
  }
  throw new Error(await endOfLog(run))
}

async function tryConnect(url: string): Promise<(Error & { code?: string }) | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return undefined
  } catch (error) {
    return error as Error
  } finally {
    await client.end().catch(() => {})
  }
}

async function openDatabase(options: ServerOptions, port: number): Promise<string> {
  await onConnection({ connectionString: urlOf(options, port, 'postgres') }, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${database}`)
  })
  return urlOf(options, port, database)
}

/** From here on the server runs by itself; returns what stops it. */
function keep(run: Run, log: (line: string) => void): () => Promise<void> {
  let isStopping = false
  const rotation = setInterval(() => void rotate(run.logFile).catch(() => {}), 60_000).unref()
  run.child.unref()
  void run.exited.then(() => {
    clearInterval(rotation)
    if (!isStopping) log(`Postgres has stopped by itself; its log is ${run.logFile}. Start the shop again.`)
  })
  return async () => {
    isStopping = true
    run.child.ref()
    await end(run)
  }
}

/** Fast, then immediate shutdown, then the axe: what was committed survives each of them. */
async function end(run: Run): Promise<void> {
  const steps = [
    ['SIGINT', 2500],
    ['SIGQUIT', 1000],
    ['SIGKILL', 1000],
  ] as const
  for (const [signal, timeoutMs] of steps) {
    if (hasExited(run)) return
    run.child.kill(signal)
    const timeout = new AbortController()
    await Promise.race([run.exited, delay(timeoutMs, undefined, { signal: timeout.signal }).catch(() => {})])
    timeout.abort()
  }
}

const hasExited = ({ child }: Run) => child.exitCode !== null || child.signalCode !== null

async function endOfLog({ logFile, logStart }: Run): Promise<string> {
  const file = await open(logFile)
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(4000), position: logStart })
    return buffer.toString('utf8', 0, bytesRead).trim() || 'Postgres gave up without a word'
  } finally {
    await file.close()
  }
}

const logBytesMax = 5 * 1024 * 1024

/** Copy and truncate: the server keeps its open file, which appends. Two files of `logBytesMax` are all there ever is. */
async function rotate(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  )
  if (size < logBytesMax) return
  await copyFile(logFile, `${logFile}.1`)
  await chmod(`${logFile}.1`, 0o600)
  await truncate(logFile)
}
