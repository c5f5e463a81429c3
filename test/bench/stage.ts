import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '#embedded-postgres'
import { runProgram, startProgram, startRedis } from '#test'
import { cartIdSql } from './cart-id.ts'

/** What a benchmark stands on: a durable Postgres of its own, Redis, the payment sandbox, 3,000 SKUs and one that everybody wants. */
export interface Stage extends AsyncDisposable {
  databaseUrl: string
  redisUrl: string
  sandboxUrl: string
  /** Postgres and the payment sandbox. */
  pids: { Postgres: number; sandbox: number }
  /** What every process of the shop is started with. */
  env: Record<string, string>
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  /** Redis forgets everything. */
  flushRedis(): Promise<void>
  /** New carts with one piece each: of one SKU after the other, or all of the hot one. */
  fillCarts(carts: Carts): Promise<void>
}

/** Carts are known by the name of their window and a number, from 1 on. */
export interface Carts {
  prefix: string
  count: number
  skus: 'spread' | 'hot'
}

const skusTotal = 3_000
const sandboxKey = 'sk_test_bench_0123456789'

export async function openStage(): Promise<Stage> {
  await using taken = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  taken.defer(() => rm(dataDir, { recursive: true, force: true }))
  // As root Postgres runs as another account, which must get in.
  await chmod(dataDir, 0o755)
  const postgres = await startEmbeddedPostgres({
    dataDir: join(dataDir, 'postgres'),
    log: () => undefined,
    // Both sides of every comparison run on it; a checkpoint within one window alone would be chance.
    settings: {
      max_wal_size: '16GB',
      checkpoint_timeout: '1h',
      shared_buffers: '512MB',
    },
  })
  taken.defer(postgres.stop)
  const redis = await startRedis()
  taken.defer(redis.stop)
  const env: Record<string, string> = {
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    SECRET_KEY: 'a secret of this benchmark alone, 32 characters',
    PAYMENT_SECRET_KEY: sandboxKey,
    LOG_LEVEL: 'warn',
  }
  await using migration = runProgram(['migrate'], { env })
  if ((await migration.ended()) !== 0) throw new Error(`migrate failed:\n${migration.output()}`)
  const sandbox = taken.use(await startProgram(['sandbox', '--port', '0'], { env }))
  env['PAYMENT_URL'] = sandbox.url()
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 })
  // Postgres may be stopped before it has seen that the pool has ended.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  taken.defer(() => pool.end())
  await pool.query(catalogSql)
  const { rows } = await pool.query<{ pid: number }>(postmasterSql)
  const kept = taken.move()
  return {
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    sandboxUrl: sandbox.url(),
    pids: { Postgres: rows[0]?.pid ?? 0, sandbox: sandbox.pid },
    env,
    query: async (sql, values) => (await pool.query(sql, values)).rows,
    flushRedis: redis.flushAll,
    async fillCarts({ prefix, count, skus }) {
      await pool.query(cartsSql, [prefix, count, skus === 'hot' ? 0 : skusTotal])
      await pool.query('vacuum analyze "order".cart')
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** The first line of the file that the server keeps while it runs. */
const postmasterSql = `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`

const catalogSql = `
  insert into product.product
    (id, slug, status, brand, title, description, media, options, attributes, price_from, content_hash)
  select md5('product ' || n)::uuid, 'product-' || n, 'active', 'Bench',
    jsonb_build_object('en', 'Article number ' || n, 'zh', '商品 ' || n), '{"en": "For measuring."}', '[]', '[]', '{}',
    '{"USD": {"amount": 1990, "currency": "USD", "compareAt": null}}', n::text
  from generate_series(0, ${skusTotal}) n;
  insert into product.variant (id, product_id, sku, position, "values", prices, compare_at)
  select md5('variant ' || n)::uuid, md5('product ' || n)::uuid, 'SKU-' || n, 0, '[]', '{"USD": 1990}', '{}'
  from generate_series(0, ${skusTotal}) n;
  insert into product.stock (sku, product_id, available) select sku, product_id, 100000000 from product.variant;
  insert into product.stock_movement (sku, kind, quantity, reference) select sku, 'initial', 100000000, 'bench' from product.variant;
  analyze`

/** SKU-0 is the hot one. */
const cartsSql = `
  insert into "order".cart (id, version, currency, locale, lines, updated_at)
  select ${cartIdSql('$1::text', 'n')}, 1, 'USD', 'en',
    jsonb_build_array(jsonb_build_object('sku', 'SKU-' || case when $3 = 0 then 0 else n % $3 + 1 end, 'quantity', 1)), now()
  from generate_series(1, $2::int) n`
