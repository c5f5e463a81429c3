import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

const folder = fileURLToPath(new URL('../../migrations', import.meta.url))
// Any fixed number: two starts at once take turns on it.
const lockKey = 74_656_683

/** Brings the database at `url` to this program's schema. Safe to run at the same time from many processes. */
export async function migrate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, application_name: 'holdfast-migrate' })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey])
    await applyMigrations(drizzle({ client }), { migrationsFolder: folder, migrationsSchema: 'holdfast' })
  } finally {
    await client.end()
  }
}
