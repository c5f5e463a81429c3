import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withConnection } from '#db'
import { createTestDatabase, runProgram, startRedis } from '#test'

/** A boot that fails reports every problem in one message that says what to do. */

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-boot-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs a command that must fail within 10 s. @returns its output */
async function failedBoot(args: string[], env: Record<string, string>): Promise<string> {
  const startedAt = performance.now()
  await using program = runProgram(args, { env: { DATA_DIR: join(folder, 'data'), ...env } })
  const code = await Promise.race([
    program.ended(),
    new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 10_000).unref()),
  ])
  expect(code, program.output()).not.toBe('late')
  expect(code, program.output()).not.toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  // A message for a person has no stack.
  expect(program.output()).not.toMatch(/\n\s+at /)
  return program.output()
}

const payment = { PAYMENT_URL: 'http://127.0.0.1:9', PAYMENT_SECRET_KEY: 'sk_test_0123456789' }

async function takenPort(): Promise<{ port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, [Symbol.asyncDispose]: async () => void (await new Promise((resolve) => server.close(resolve))) }
}

describe('the program exits with one message that says what to do when', () => {
  test('settings are invalid: each is named, and no value is printed', async () => {
    const output = await failedBoot(['serve'], {
      PORT: 'eighty',
      DATABASE_URL: 'mysql://secret@db',
      SHOP_CURRENCIES: 'usd',
      LOG_LEVEL: 'loud',
    })
    for (const name of ['PORT', 'DATABASE_URL', 'SHOP_CURRENCIES', 'LOG_LEVEL', 'npm run doctor'])
      expect(output).toContain(name)
    expect(output).not.toContain('secret@')
  })

  test('the cache would share the Redis of the queue', async () => {
    const output = await failedBoot(['serve'], { REDIS_URL: 'redis://one', CACHE_REDIS_URL: 'redis://one:6379/2' })
    expect(output).toContain('CACHE_REDIS_URL: name another Redis')
  })

  test('Postgres cannot be reached', async () => {
    const output = await failedBoot(['serve'], {
      ...payment,
      DATABASE_URL: 'postgres://nobody:secret-password@127.0.0.1:9/none',
    })
    expect(output).toContain('DATABASE_URL')
    expect(output).not.toContain('secret-password')
  })

  test('the database is not at the schema of the program', async () => {
    await using database = await createTestDatabase()
    const bare = new URL(database.url)
    bare.pathname = '/postgres'
    expect(await failedBoot(['serve'], { ...payment, DATABASE_URL: bare.href })).toContain('npm run migrate')
  })

  test('Redis cannot be reached', async () => {
    await using database = await createTestDatabase()
    expect(
      await failedBoot(['worker'], { ...payment, DATABASE_URL: database.url, REDIS_URL: 'redis://127.0.0.1:9' }),
    ).toContain('REDIS_URL')
  })

  test('no payment provider is configured', async () => {
    await using database = await createTestDatabase()
    expect(await failedBoot(['serve'], { DATABASE_URL: database.url })).toContain('PAYMENT_SECRET_KEY')
  })

  test('the port is taken', async () => {
    await using database = await createTestDatabase()
    await using taken = await takenPort()
    const output = await failedBoot(['serve'], { ...payment, DATABASE_URL: database.url, PORT: String(taken.port) })
    expect(output).toContain(`Port ${taken.port} is taken`)
  })

  test('the port is taken, with several processes', async () => {
    await using database = await createTestDatabase()
    await using taken = await takenPort()
    const output = await failedBoot(['serve', '--processes', '2'], {
      ...payment,
      DATABASE_URL: database.url,
      PORT: String(taken.port),
    })
    expect(output).toContain(`Port ${taken.port} is taken`)
  })

  test('the data folder is a file', async () => {
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    expect(await failedBoot(['start', '--no-pages'], { DATA_DIR: file, PORT: '0' })).toContain('DATA_DIR')
  })

  test('the data folder cannot be made', async () => {
    // Not writable for root either.
    expect(await failedBoot(['start', '--no-pages'], { DATA_DIR: '/sys/holdfast', PORT: '0' })).toContain('DATA_DIR')
  })

  test('a command is mistyped', async () => {
    expect(await failedBoot(['strat'], {})).toContain('--help')
    expect(await failedBoot(['serve', '--processes', 'many'], {})).toContain('auto')
  })
})

describe('the command line', () => {
  test('an internal error is reported by its root cause, with its stack and without data', async () => {
    await using database = await createTestDatabase()
    await withConnection({ connectionString: database.url }, (client) =>
      client.query('alter table product.search_document rename to lost_document'),
    )
    await using program = runProgram(['seed'], { env: { DATABASE_URL: database.url } })
    expect(await program.ended()).toBe(1)
    expect(program.output()).toMatch(/Holdfast failed: .*"product.search_document" does not exist\n\s+at /)
    expect(program.output()).not.toContain('params')
  })

  test.each(['start', 'serve', 'worker', 'migrate', 'seed', 'staff', 'import', 'sandbox', 'doctor'])(
    '%s --help says what the command does',
    async (command) => {
      await using program = runProgram([command, '--help'])
      expect(await program.ended()).toBe(0)
      expect(program.output()).toContain('Usage:')
    },
  )

  test('doctor lists every setting without secrets, and finds no problem in a valid environment', async () => {
    await using database = await createTestDatabase()
    await using redis = await startRedis()
    await using program = runProgram(['doctor'], {
      env: {
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        SECRET_KEY: 'a very secret key of 32 characters at least',
      },
    })
    expect(await program.ended(), program.output()).toBe(0)
    for (const name of ['PORT', 'DATABASE_URL', 'PAYMENT_SECRET_KEY', 'SHOP_CURRENCIES'])
      expect(program.output()).toContain(name)
    expect(program.output()).not.toContain('a very secret key')
    expect(program.output()).not.toContain(database.url)
  })

  test('doctor reports each problem', async () => {
    await using program = runProgram(['doctor'], { env: { DATABASE_URL: 'postgres://127.0.0.1:9/none' } })
    expect(await program.ended()).toBe(1)
    expect(program.output()).toContain('WRONG Postgres')
  })
})
