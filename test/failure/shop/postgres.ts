import { appendFile, chown, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { freePort } from '#lib/free-port'
import { findOsUser } from '../../../src/embedded-postgres/os-user.ts'
import { findBinaries } from '../../../src/embedded-postgres/binaries.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startChild, type Child } from './children.ts'
import { copyCluster, type Template } from './template.ts'

/** A durable Postgres server, which keeps its port across crashes and restarts. */
export interface Postgres extends AsyncDisposable {
  readonly port: number
  readonly dir: string
  /** @param port that of a proxy in front of the server; default the server's own */
  url(port?: number): string
  start(): Promise<void>
  /** Immediate shutdown: no checkpoint, recovery at the next start. */
  crash(): Promise<void>
  /** kill -9, as in the loss of the machine. */
  kill(): Promise<void>
  isRunning(): boolean
  signal(signal: NodeJS.Signals): void
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
}

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  wal_keep_size: '256MB',
  wal_sender_timeout: '3s',
  log_min_error_statement: 'panic',
}

export interface PostgresOptions {
  /** Data directory. For a primary it is created as a copy of the template. */
  dir: string
  template: Template
  settings?: Record<string, string>
}

export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  await copyCluster(options.template.cluster, options.dir)
  const postgres = await createPostgres(options)
  await postgres.start()
  return postgres
}

async function createPostgres({ dir, template, settings: more = {} }: PostgresOptions): Promise<Postgres> {
  const port = await freePort()
  const account = await findOsUser(dir)
  const as = account === undefined ? {} : { uid: account.uid, gid: account.gid }
  const binaries = await findBinaries(account, () => undefined)
  const url = (at: number = port): string => `postgres://postgres:${template.password}@127.0.0.1:${at}/holdfast`
  const pool = new pg.Pool({ connectionString: url(), max: 3, connectionTimeoutMillis: 2_000, query_timeout: 20_000 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  let server: Child | undefined

  async function start(): Promise<void> {
    const log = await open(`${dir}.log`, 'a')
    const flags = Object.entries({ ...settings, ...more, port: String(port) }).flatMap(([k, v]) => ['-c', `${k}=${v}`])
    try {
      server = await startChild(binaries.postgres, ['-D', dir, ...flags], {
        ...as,
        cwd: dirname(dir),
        env: { LC_ALL: 'C', PATH: process.env['PATH'] },
        stdio: ['ignore', log.fd, log.fd],
      })
    } finally {
      await log.close()
    }
    await waitFor(
      async () => {
        if (!server?.isRunning())
          throw new Error(`Postgres ended before it was ready:\n${(await readFile(`${dir}.log`, 'utf8')).slice(-2000)}`)
        return (await pool.query('select 1')).rowCount
      },
      { timeoutMs: 30_000, what: 'Postgres to answer' },
    )
  }

  return {
    port,
    dir,
    url,
    start,
    crash: async () => server?.end('SIGQUIT'),
    kill: async () => server?.end('SIGKILL'),
    isRunning: () => server?.isRunning() ?? false,
    signal: (signal) => server?.signal(signal),
    query: async (sql, values) => (await pool.query(sql, values)).rows,
    async [Symbol.asyncDispose]() {
      await server?.end('SIGQUIT')
      await pool.end()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/**
 * Copies a running server into a new data directory, from which another server can start. The embedded Postgres ships no
 * pg_basebackup: this is "Making a Base Backup Using the Low Level API" of Postgres's documentation.
 */
export async function takeBackup(primary: Postgres, dir: string): Promise<void> {
  const client = new pg.Client({ connectionString: primary.url() })
  await client.connect()
  try {
    await client.query(`select pg_backup_start('backup', true)`)
    await copyRunning(primary.dir, dir)
    const stopped = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
    // What was written during the copy is needed to its end; the switch flushes it.
    await client.query('select pg_switch_wal()')
    await copyRunning(`${primary.dir}/pg_wal/.`, join(dir, 'pg_wal'))
    await rm(join(dir, 'postmaster.pid'), { force: true })
    await writeOwned(dir, 'backup_label', stopped.rows[0]?.labelfile ?? '')
  } finally {
    await client.end()
  }
}

/** Files may vanish while a running server is copied: the write-ahead log makes up for them. */
async function copyRunning(from: string, to: string): Promise<void> {
  await copyCluster(from, to).catch((error: Error) => {
    const lines = error.message.replace(/^.* failed: /, '').split('\n')
    if (!lines.every((line) => /^cp: .*No such file or directory$/.test(line))) throw error
  })
}

/** Writes a file that belongs to the owner of its folder. */
async function writeOwned(dir: string, file: string, text: string): Promise<void> {
  const { uid, gid } = await stat(dir)
  await writeFile(join(dir, file), text)
  await chown(join(dir, file), uid, gid)
}

/** Starts a server on a backup. */
export async function restoreBackup(options: PostgresOptions): Promise<Postgres> {
  const restored = await createPostgres(options)
  await restored.start()
  return restored
}

/** Starts a streaming standby of a running primary; resolves when it streams. */
export async function startStandby(
  primary: Postgres,
  options: PostgresOptions & { name: string; sourcePort?: number },
): Promise<Postgres> {
  const { dir, name, sourcePort = primary.port } = options
  await takeBackup(primary, dir)
  await writeOwned(dir, 'standby.signal', '')
  const { username, password } = new URL(primary.url())
  const source = `host=127.0.0.1 port=${sourcePort} user=${username} password=${password} application_name=${name}`
  await appendFile(join(dir, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`)
  const standby = await createPostgres(options)
  await standby.start()
  await waitFor(
    async () => (await primary.query(`select 1 from pg_stat_replication where state = 'streaming'`)).length,
    {
      timeoutMs: 20_000,
      what: 'the standby to stream',
    },
  )
  return standby
}
