import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '#db'
import { startEmbeddedPostgres } from '#embedded-postgres'
import { databaseUrl, templateDatabase } from './database.ts'

/** One Postgres for the whole run, with a migrated template; each test clones databases of its own from it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await using cleanUp = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
  cleanUp.defer(() => rm(dataDir, { recursive: true, force: true }))
  // As root, Postgres runs as another user, which must have access. The folder holds test data only.
  await chmod(dataDir, 0o755)
  // No data outlives the run, so fsync is off.
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }
  const postgres = await startEmbeddedPostgres({ dataDir, log: (line) => process.stderr.write(`${line}\n`), settings })
  // Where Postgres may not enter the temporary folder, its data is elsewhere.
  cleanUp.defer(() => rm(dirname(postgres.dataDir), { recursive: true, force: true }))
  cleanUp.defer(postgres.stop)
  await createTemplate(postgres.url)
  project.provide('postgresUrl', postgres.url)
  const kept = cleanUp.move()
  return () => kept.disposeAsync()
}

async function createTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${templateDatabase}`)
  } finally {
    await client.end()
  }
  await migrate(databaseUrl(url, templateDatabase))
}

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
  }
}
