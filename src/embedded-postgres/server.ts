import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, copyFile, open, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { withConnection } from '#db'
import { settledWithin } from '#lib/deadline'
import { freePort } from '#lib/free-port'
import type { Binaries } from './binaries.ts'
import { serverEnv, superuser } from './cluster.ts'
import type { DatabaseFolder } from './database-folder.ts'

export interface ServerOptions {
  folder: DatabaseFolder
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

/**
 * Starts Postgres on a free port and waits until it accepts connections.
 * @throws Error with its log when it does not
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const server = await launch(options, port)
    try {
      await waitUntilReady(server, urlOf(options, port, 'postgres'), options.log)
      const url = await createDatabase(options, port)
      return { url, port, stop: detach(server, options.log) }
    } catch (error) {
      await shutDown(server)
      const isPortTaken = /Address already in use|could not create any TCP\/IP sockets/.test((error as Error).message)
      if (!isPortTaken || attempt === portAttemptsMax) throw error
    }
  }
}

const portAttemptsMax = 5
const database = 'holdfast'

interface ServerProcess {
  child: ChildProcess
  logFile: string
  /** Size of the log when this process started, bytes. */
  logStart: number
  exited: Promise<unknown>
}

const urlOf = ({ password }: ServerOptions, port: number, name: string) =>
  `postgres://${superuser}:${password}@127.0.0.1:${port}/${name}`

/** The log holds no statements and no details, since they contain buyers' data. */
const defaultSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

async function launch(options: ServerOptions, port: number): Promise<ServerProcess> {
  const { folder, binaries } = options
  const logFile = join(folder.dir, 'postgres.log')
  await rotate(logFile)
  const output = await open(logFile, 'a', 0o600)
  try {
    if (folder.osUser !== undefined) await chown(logFile, folder.osUser.uid, folder.osUser.gid)
    const logStart = (await output.stat()).size
    const settings = Object.entries({ ...defaultSettings, ...options.settings, port: String(port) })
    const child = spawn(
      binaries.postgres,
      ['-D', folder.cluster, ...settings.flatMap(([k, v]) => ['-c', `${k}=${v}`])],
      {
        // A process group of its own: Ctrl-C in a terminal must not stop Postgres before the shop has drained.
        detached: true,
        cwd: folder.dir,
        env: serverEnv,
        stdio: ['ignore', output.fd, output.fd],
        ...(folder.osUser === undefined ? {} : { uid: folder.osUser.uid, gid: folder.osUser.gid }),
      },
    )
    const exited = once(child, 'exit')
    // Postgres does not outlive this process, even where it is interrupted during its boot.
    const endWithUs = () => child.kill('SIGINT')
    process.once('exit', endWithUs)
    child.once('exit', () => process.off('exit', endWithUs))
    await once(child, 'spawn')
    return { child, logFile, logStart, exited }
  } finally {
    await output.close()
  }
}

/** Waits longer for a server in crash recovery: that takes as long as there is WAL to replay. */
async function waitUntilReady(server: ServerProcess, url: string, log: (line: string) => void): Promise<void> {
  const begin = Date.now()
  let isReported = false
  while (!hasExited(server)) {
    const failure = await tryConnect(url)
    if (failure === undefined) return
    const isRecovering = failure.code === '57P03'
    const waitedMs = Date.now() - begin
    if (waitedMs > (isRecovering ? 300_000 : 9000))
      throw new Error(`it does not accept connections: ${failure.message}`)
    if (isRecovering && waitedMs > 1500 && !isReported) {
      log('The database is recovering from a crash ...')
      isReported = true
    }
    await delay(20)
  }
  throw new Error(await readLog(server))
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

async function createDatabase(options: ServerOptions, port: number): Promise<string> {
  await withConnection({ connectionString: urlOf(options, port, 'postgres') }, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${database}`)
  })
  return urlOf(options, port, database)
}

/** Lets the server run beside this process and rotates its log. @returns a function that stops it */
function detach(server: ServerProcess, log: (line: string) => void): () => Promise<void> {
  let isStopping = false
  const rotation = setInterval(() => void rotate(server.logFile).catch(() => {}), 60_000).unref()
  server.child.unref()
  void server.exited.then(() => {
    clearInterval(rotation)
    if (!isStopping) log(`Postgres has stopped by itself; its log is ${server.logFile}. Start the shop again.`)
  })
  return async () => {
    isStopping = true
    server.child.ref()
    await shutDown(server)
  }
}

/** Fast shutdown, then immediate shutdown, then SIGKILL: committed data survives each of them. */
async function shutDown(server: ServerProcess): Promise<void> {
  const steps = [
    ['SIGINT', 2500],
    ['SIGQUIT', 1000],
    ['SIGKILL', 1000],
  ] as const
  for (const [signal, timeoutMs] of steps) {
    if (hasExited(server)) return
    server.child.kill(signal)
    await settledWithin(timeoutMs, server.exited)
  }
}

const hasExited = ({ child }: ServerProcess) => child.exitCode !== null || child.signalCode !== null

/** The first 4 kB of this process's log. */
async function readLog({ logFile, logStart }: ServerProcess): Promise<string> {
  const file = await open(logFile)
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(4000), position: logStart })
    return buffer.toString('utf8', 0, bytesRead).trim() || 'Postgres ended without a message'
  } finally {
    await file.close()
  }
}

const logBytesMax = 5 * 1024 * 1024

/**
 * Copies and truncates, since the server keeps its file open for appending. At most two files of `logBytesMax` exist.
 */
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
