import { chmod, mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '#embedded-postgres'
import { runProgram } from '../../support/program.ts'
import { run } from './children.ts'

/** A migrated, seeded and stocked database, created once per run. Each row works on a copy. */
export interface Template {
  cluster: string
  password: string
  /** SKUs with stock for any number of orders, and SKUs with little stock. */
  skus: { plenty: string[]; scarce: string[] }
}

const plentyQuantity = 1_000_000
const scarceCount = 8

/** Creates the folder of a run, readable by all: as root, Postgres runs under another account. */
export async function makeRunFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-failure-'))
  await chmod(folder, 0o755)
  return folder
}

export async function makeTemplate(folder: string): Promise<Template> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    log: () => undefined,
    settings: { fsync: 'off' },
  })
  try {
    const env = { DATABASE_URL: postgres.url, DATA_DIR: folder, LOG_LEVEL: 'warn', REDIS_URL: 'redis://127.0.0.1:1' }
    await runCommand('migrate', env)
    // Without Redis the migration also creates the tables of the Postgres queue, for rows that use it.
    await runCommand('migrate', { ...env, REDIS_URL: '' })
    await runCommand('seed', { ...env, REDIS_URL: '' }, '--demo-accounts')
    const skus = await stockUp(postgres.url)
    const password = (await readFile(join(postgres.dataDir, '../password'), 'utf8')).trim()
    return { cluster: postgres.dataDir, password, skus }
  } finally {
    await postgres.stop()
  }
}

/** Copies a data directory with its ownership and permissions. */
export async function copyCluster(from: string, to: string): Promise<void> {
  await run('cp', ['-a', '--reflink=auto', from, to])
}

async function runCommand(command: string, env: Record<string, string>, ...options: string[]): Promise<void> {
  await using program = runProgram([command, ...options], { env })
  if ((await program.ended()) !== 0) throw new Error(`${command} failed:\n${program.output()}`)
}

/** Stocks every SKU on sale, recorded as a delivery, except a few whose seeded stock can sell out. */
async function stockUp(url: string): Promise<Template['skus']> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ sku: string }>(`
      select v.sku from product.variant v join product.product p on p.id = v.product_id
      where p.status = 'active' and v.prices ? 'USD' order by v.sku`)
    const skus = rows.map(({ sku }) => sku)
    const [scarce, plenty] = [skus.slice(0, scarceCount), skus.slice(scarceCount)]
    await client.query(
      `with delivered as (update product.stock set available = available + $2 where sku = any($1) returning sku)
       insert into product.stock_movement (sku, kind, quantity, reference) select sku, 'restocked', $2, 'the failure suite' from delivered`,
      [plenty, plentyQuantity],
    )
    return { plenty, scarce }
  } finally {
    await client.end()
  }
}
