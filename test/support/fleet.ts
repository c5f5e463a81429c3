import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '#embedded-postgres'
import { startSandbox } from '#sandbox'
import { runProgram, startProgram, type Program } from './program.ts'

/** A shop of several processes: a durable Postgres of its own with demo data, and a payment provider. */
export interface Fleet extends AsyncDisposable {
  env: Record<string, string>
  databaseUrl: string
  sandboxUrl: string
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  stopPostgres(): Promise<void>
  /** Restarts it on its data. @returns its new address */
  startPostgres(): Promise<string>
  /** Starts another process, which ends with the fleet. */
  start(args: string[], env?: Record<string, string>): Promise<Program>
  /** Sets the provider's fault, in place of the earlier ones. */
  /** Sets this fault of the provider alone. */
  setFault(fault: Record<string, unknown>): Promise<void>
  clearFaults(): Promise<void>
  ledger(): Promise<LedgerEntry[]>
}

export interface LedgerEntry {
  id: string
  status: string
  captured: number
  captures: number
  refunded: number
  metadata: Record<string, string>
}

const apiKey = 'sk_test_fleet_0123456789'

export interface FleetOptions {
  redisUrl?: string
  env?: Record<string, string>
  /** Endpoint and signing secret of the provider's webhooks. */
  webhook?: { url: string; secret: string }
}

export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  await using taken = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-fleet-'))
  taken.defer(() => rm(dataDir, { recursive: true, force: true }))
  // As root, Postgres runs as another user, which must have access.
  await chmod(dataDir, 0o755)
  const openPostgres = () => startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), log: () => undefined })
  let postgres = await openPostgres()
  taken.defer(() => postgres.stop())
  const { webhook } = options
  const sandbox = await startSandbox({
    port: 0,
    dataDir: join(dataDir, 'sandbox'),
    apiKey,
    ...(webhook === undefined ? {} : { webhook }),
  })
  taken.defer(() => sandbox.close())
  let pool = openPool(postgres.url)
  taken.defer(() => pool.end())

  const env: Record<string, string> = {
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url,
    SECRET_KEY: 'a secret of this fleet alone, 32 characters',
    PAYMENT_URL: sandbox.url,
    PAYMENT_SECRET_KEY: apiKey,
    LOG_LEVEL: 'warn',
    ...(webhook === undefined ? {} : { PAYMENT_WEBHOOK_SECRET: webhook.secret }),
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
    ...options.env,
  }
  const programs = new Set<Program>()
  taken.defer(async () => {
    await Promise.all([...programs].map((program) => program.kill()))
  })
  for (const command of [['migrate'], ['seed', '--demo-accounts']]) {
    await using program = runProgram(command, { env })
    if ((await program.ended()) !== 0) throw new Error(`${command.join(' ')} failed:\n${program.output()}`)
  }

  const kept = taken.move()
  const clearFaults = async (): Promise<void> => {
    await fetch(`${sandbox.url}/_sandbox/faults`, { method: 'DELETE' })
  }
  return {
    env,
    databaseUrl: postgres.url,
    sandboxUrl: sandbox.url,
    query: async (sql, values) => (await pool.query(sql, values)).rows,
    stopPostgres: () => postgres.stop(),
    async startPostgres() {
      await pool.end()
      postgres = await openPostgres()
      pool = openPool(postgres.url)
      return postgres.url
    },
    async start(args, more = {}) {
      const program = await startProgram(args, { env: { ...env, ...more } })
      programs.add(program)
      return program
    },
    clearFaults,
    async setFault(fault) {
      await clearFaults()
      const answer = await fetch(`${sandbox.url}/_sandbox/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      })
      if (!answer.ok) throw new Error(await answer.text())
    },
    async ledger() {
      const entries: LedgerEntry[] = []
      for (let after = ''; ;) {
        const answer = await fetch(`${sandbox.url}/_sandbox/ledger?limit=500${after === '' ? '' : `&after=${after}`}`)
        const page = (await answer.json()) as LedgerPage
        entries.push(...page.data)
        if (!page.has_more) return entries
        after = page.data.at(-1)?.id ?? ''
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  // Postgres may stop before it notices the end of the pool.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

interface LedgerPage {
  data: LedgerEntry[]
  has_more: boolean
}
