import { Redis } from 'ioredis'
import { existsSync } from 'node:fs'
import pg from 'pg'
import { expect, test } from 'vitest'
import { chromiumPath, createTestDatabase, startRedis, waitFor } from '#test'

test('databases of tests are migrated and isolated from each other', async () => {
  await using one = await createTestDatabase()
  await using two = await createTestDatabase()
  const tablesIn = async (url: string, before = 'SELECT 1') => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query(before)
      const { rows } = await client.query<{ name: string }>(
        `SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)' ORDER BY 1`,
      )
      return rows.map(({ name }) => name)
    } finally {
      await client.end()
    }
  }
  const migrated = await tablesIn(two.url)
  expect(migrated).toContain('holdfast.__drizzle_migrations')
  expect(await tablesIn(one.url, 'CREATE TABLE only_here ()')).toEqual([...migrated, 'public.only_here'].toSorted())
  expect(await tablesIn(two.url)).toEqual(migrated)
})

test('a connection that a test leaves open fails it', async () => {
  const database = await createTestDatabase()
  const client = new pg.Client({ connectionString: database.url, application_name: 'leak' })
  client.on('error', () => {})
  await client.connect()
  await expect(database[Symbol.asyncDispose]()).rejects.toThrow(/left connections open: .*leak/)
  await client.end()
})

test('a test Redis keeps data until it is flushed', async () => {
  await using server = await startRedis()
  const client = new Redis(server.url)
  try {
    await client.set('key', 'value')
    await server.flushAll()
    expect(await client.get('key')).toBeNull()
    expect(await client.info('memory')).toContain('maxmemory_policy:noeviction')
  } finally {
    client.disconnect()
  }
})

test('a wait that times out names its condition and the last error', async () => {
  const wait = waitFor(() => Promise.reject(new Error('closed')), { timeoutMs: 50, what: 'the shop' })
  await expect(wait).rejects.toMatchObject({
    message: 'waited in vain for the shop (50 ms)',
    cause: new Error('closed'),
  })
})

test('a browser is installed', () => {
  expect(existsSync(chromiumPath())).toBe(true)
})
