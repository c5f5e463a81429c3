import { expect, test } from 'vitest'
import { withConnection } from '#db'
import { createTestDatabase, runProgram } from '#test'

/** Runs commands as an operator does, on one database. */
async function openOperator(env: Record<string, string> = {}) {
  const database = await createTestDatabase()
  return {
    async run(...args: string[]) {
      await using program = runProgram(args, { env: { DATABASE_URL: database.url, ...env } })
      const code = await program.ended()
      return { code, output: program.output() }
    },
    accounts: () =>
      withConnection({ connectionString: database.url }, async (client) => {
        const { rows } = await client.query<{ email: string }>('select email from "user".account order by email')
        return rows.map(({ email }) => email)
      }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

test('an operator adds, lists and removes staff', async () => {
  await using operator = await openOperator()
  const added = await operator.run('staff', 'add', 'sue@example.com')
  expect(added).toMatchObject({ code: 0, output: expect.stringMatching(/One-time password: [\w-]{20}\n/) as string })
  expect((await operator.run('staff', 'list')).output).toMatch(/^sue@example.com {2}active {2}since \d{4}-/m)
  expect((await operator.run('staff', 'remove', 'sue@example.com')).code).toBe(0)
})

test('a mistake at the command line of staff is reported with what to do', async () => {
  await using operator = await openOperator()
  const unknown = await operator.run('staff', 'remove', 'nobody@example.com')
  expect(unknown).toMatchObject({ code: 1, output: expect.stringContaining('npm run staff -- list') as string })
  const empty = await operator.run('staff', 'add', 'bob@example.com', '--password-stdin')
  expect(empty).toMatchObject({ code: 1, output: expect.stringContaining('Standard input is empty') as string })
})

test('a database of one’s own gets demo accounts only on request, and in production never', async () => {
  await using operator = await openOperator({
    NODE_ENV: 'production',
    ALLOW_IN_PRODUCTION: 'plaintext-database,plaintext-redis',
  })
  const rejected = await operator.run('seed', '--demo-accounts')
  expect(rejected).toMatchObject({ code: 1, output: expect.stringContaining('npm run staff -- add') as string })
  expect(await operator.accounts()).toEqual([])
  await using trial = await openOperator()
  expect(await trial.run('seed')).toMatchObject({ code: 0 })
  expect(await trial.accounts()).toEqual([])
})
