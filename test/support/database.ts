import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { waitFor } from './wait-for.ts'

export interface TestDatabase extends AsyncDisposable {
  url: string
}

/** A migrated, empty database. Disposal fails while a connection to it is open, which is a leak. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await administer(serverUrl, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${templateDatabase}`))
  return {
    url: databaseUrl(serverUrl, name),
    [Symbol.asyncDispose]: () => administer(serverUrl, (client) => drop(client, name)),
  }
}

export const templateDatabase = 'holdfast_template'

/** The same server, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

async function administer(url: string, action: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await action(client)
  } finally {
    await client.end()
  }
}

async function drop(client: pg.Client, name: string): Promise<void> {
  const left = () =>
    client
      .query<{ who: string }>(
        `SELECT concat_ws(' ', application_name, state, query) AS who FROM pg_stat_activity
          WHERE datname = $1 AND backend_type = 'client backend'`,
        [name],
      )
      .then(({ rows }) => rows.map(({ who }) => who))
  // A connection that was just closed, or whose process was killed, takes a moment to disappear.
  const isLeft = await waitFor(async () => (await left()).length === 0, { timeoutMs: 2000, what: name }).then(
    () => false,
    () => true,
  )
  const leaks = isLeft ? await left() : []
  await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
  if (leaks.length > 0) throw new Error(`The test left connections open: ${leaks.join('; ')}`)
}
