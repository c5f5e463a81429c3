import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { inject, expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { databaseUrl } from '../../test/support/database.ts'
import { databaseUsers } from './secrets.ts'

const password = randomUUID()

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

/** Statements of the file, with the variable that psql would fill in. */
async function rolesSql(): Promise<string> {
  const sql = await readFile(new URL('database-roles.sql', import.meta.url), 'utf8')
  return sql.replace(":'password'", `'${password}'`)
}

test('The role of the program reads and writes what later migrations create, and changes no table', async () => {
  const server = await connect(inject('postgresUrl'))
  const name = `roles_${randomUUID().replaceAll('-', '')}`
  await server.query(`CREATE DATABASE ${name}`)
  onTestFinished(async () => {
    await server.query(`DROP DATABASE ${name} WITH (FORCE)`)
    await server.query(`DROP ROLE IF EXISTS ${databaseUsers.program}`)
    await server.end()
  })
  const ownerUrl = databaseUrl(inject('postgresUrl'), name)
  const owner = await connect(ownerUrl)
  await owner.query(await rolesSql())
  await owner.end()
  await migrate(ownerUrl)

  const programUrl = new URL(ownerUrl)
  programUrl.username = databaseUsers.program
  programUrl.password = password
  const program = await connect(programUrl.href)
  onTestFinished(() => program.end())
  const { rows: denied } = await program.query(
    `SELECT format('%I.%I %s', schemaname, tablename, privilege) AS what
       FROM pg_tables, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
        AND NOT has_table_privilege(format('%I.%I', schemaname, tablename), privilege)`,
  )
  expect(denied).toEqual([])
  const { rows: tables } = await program.query(
    `SELECT count(*)::int AS number FROM pg_tables WHERE schemaname = 'order'`,
  )
  expect(tables).toEqual([{ number: expect.toSatisfy((number: number) => number > 0) }])
  await expect(program.query('CREATE TABLE "order".more (id int)')).rejects.toThrow('permission denied')
  await expect(program.query('CREATE TABLE public.more (id int)')).rejects.toThrow('permission denied')
  await expect(program.query('CREATE SCHEMA more')).rejects.toThrow('permission denied')
})
