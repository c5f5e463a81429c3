import { chmod, mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '#embedded-postgres'
import { runProgram } from '../../support/program.ts'
import { run } from './children.ts'

/** A database that is migrated, seeded and stocked, made once a run; each row works on a copy. */
export interface Template {
  cluster: string
  password: string
  /** SKUs with pieces for any number of orders, and some of which there are few. */
  skus: { plenty: string[]; scarce: string[] }
}

const plentyPieces = 1_000_000
const scarceCount = 8

/** A new folder for one run. As root, Postgres runs as another account, which must get in. */
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
    await prepare('migrate', env)
    // Both queues' tables are there, whichever a row uses.
    await prepare('migrate', { ...env, REDIS_URL: '' })
    await prepare('seed', { ...env, REDIS_URL: '' })
    const skus = await stockUp(postgres.url)
    const password = (await readFile(join(postgres.dataDir, '../password'), 'utf8')).trim()
    return { cluster: postgres.dataDir, password, skus }
  } finally {
    await postgres.stop()
  }
}

/** A copy that belongs to whom the original belongs to. */
export async function copyCluster(from: string, to: string): Promise<void> {
  await run('cp', ['-a', '--reflink=auto', from, to])
}

async function prepare(command: string, env: Record<string, string>): Promise<void> {
  await using program = runProgram([command], { env })
  if ((await program.ended()) !== 0) throw new Error(`${command} failed:\n${program.output()}`)
}

/** Every SKU on sale gets pieces, written down as a delivery; but for a few, of which some are left to be sold out. */
async function stockUp(url: string): Promise<Template['skus']> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ sku: string }>(`
      select v.sku from product.variant v join product.product p on p.id = v.product_id
      where p.status = 'active' and v.prices ? 'USD' order by v.sku`)
    const all = rows.map(({ sku }) => sku)
    const [scarce, plenty] = [all.slice(0, scarceCount), all.slice(scarceCount)]
    await client.query(
      `with delivered as (update product.stock set available = available + $2 where sku = any($1) returning sku)
       insert into product.stock_movement (sku, kind, quantity, reference) select sku, 'restocked', $2, 'the failure suite' from delivered`,
      [plenty, plentyPieces],
    )
    return { plenty, scarce }
  } finally {
    await client.end()
  }
}
