import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '#embedded-postgres'
import { runProgram, startProgram, startRedis } from '#test'
import { cartIdSql } from './cart-id.ts'

/** Benchmark environment: a durable Postgres, Redis, the payment sandbox, 3,000 SKUs and one hot SKU. */
export interface BenchEnvironment extends AsyncDisposable {
  databaseUrl: string
  redisUrl: string
  sandboxUrl: string
  pids: { Postgres: number; sandbox: number }
  /** Environment of every process of the shop. */
  env: Record<string, string>
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  /** Deletes everything in Redis. */
  flushRedis(): Promise<void>
  /** Creates carts with one line of quantity 1 each: spread over all SKUs, or all with the hot SKU. */
  fillCarts(carts: Carts): Promise<void>
}

/** Carts of one window, identified by its prefix and a number from 1. */
export interface Carts {
  prefix: string
  count: number
  skus: 'spread' | 'hot'
}

const skusTotal = 3_000
const sandboxKey = 'sk_test_bench_0123456789'

export async function openEnvironment(): Promise<BenchEnvironment> {
  await using resources = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  resources.defer(() => rm(dataDir, { recursive: true, force: true }))
  // When started by root, Postgres runs under another account, which needs access to the folder.
  await chmod(dataDir, 0o755)
  const postgres = await startEmbeddedPostgres({
    dataDir: join(dataDir, 'postgres'),
    log: () => undefined,
    // No checkpoint within a measured window: it would distort the comparison.
    settings: {
      max_wal_size: '16GB',
      checkpoint_timeout: '1h',
      shared_buffers: '512MB',
    },
  })
  resources.defer(postgres.stop)
  const redis = await startRedis()
  resources.defer(redis.stop)
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
  const sandbox = resources.use(await startProgram(['sandbox', '--port', '0'], { env }))
  env['PAYMENT_URL'] = sandbox.url()
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 })
  // Postgres may stop while connections of the pool are still open.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  resources.defer(() => pool.end())
  await pool.query(catalogSql)
  const { rows } = await pool.query<{ pid: number }>(postmasterSql)
  const opened = resources.move()
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
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** The server's pid, which is the first line of postmaster.pid. */
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
