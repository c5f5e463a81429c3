import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { BootError } from '#errors'
import { withConnection } from './connection.ts'
import type { Database } from './pool.ts'

const folder = fileURLToPath(new URL('../../migrations', import.meta.url))
/** Advisory lock (an arbitrary fixed number) that serialises concurrent migrations. */
const lockKey = 74_656_683

/** Migrates the database at `url` to this program's schema. Safe to run from many processes concurrently. */
export async function migrate(url: string): Promise<void> {
  const config = { connectionString: url, connectionTimeoutMillis: 5_000, application_name: 'holdfast-migrate' }
  await withConnection(config, async (client) => {
    await client.query('select pg_advisory_lock($1)', [lockKey])
    await applyMigrations(drizzle({ client }), { migrationsFolder: folder, migrationsSchema: 'holdfast' })
  })
}

/**
 * Checks that the schema is at least this program's. A newer schema is accepted: during a rolling update the next
 * release may have migrated already.
 * @throws BootError that says what to do, when the schema is older
 */
export async function requireSchema(database: Database): Promise<void> {
  const wanted = readMigrationFiles({ migrationsFolder: folder }).at(-1)?.folderMillis ?? 0
  const applied = await database.pool
    .query<{ latest: number | null }>('select max(created_at) as latest from holdfast.__drizzle_migrations')
    .then(
      ({ rows }) => rows[0]?.latest ?? 0,
      (error: unknown) => {
        if (error instanceof pg.DatabaseError && (error.code === '42P01' || error.code === '3F000')) return 0
        throw error
      },
    )
  if (applied < wanted)
    throw new BootError(
      'The database schema is older than this program needs. Run `npm run migrate` once, then start again.',
    )
}
