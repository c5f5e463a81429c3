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

/** Runs a command that must fail by itself. @returns its output */
async function failedBoot(args: string[], env: Record<string, string>): Promise<string> {
  await using program = runProgram(args, { env: { DATA_DIR: join(folder, 'data'), ...env } })
  expect(await program.ended(), program.output()).not.toBe(0)
  // A message for a person has no stack, and no line for machines beside it.
  expect(program.output()).not.toMatch(/\n\s+at /)
  expect(program.output()).not.toMatch(/^\{/m)
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

  test('a currency is unknown, named twice, or without an exchange rate', async () => {
    const problemOf = (list: string): Promise<string> => failedBoot(['serve'], { SHOP_CURRENCIES: list })
    expect(await problemOf('EUR,QQQ')).toContain('SHOP_CURRENCIES: names QQQ, which is no currency of ISO 4217')
    expect(await problemOf('JPY,EUR,JPY')).toContain('SHOP_CURRENCIES: names JPY twice')
    expect(await problemOf('USD,XDR')).toContain('src/lib/exchange-rates.ts')
  })

  test('a number is none, or out of its range: the text speaks of numbers, not of types', async () => {
    const output = await failedBoot(['serve'], {
      PORT: 'abc',
      DATABASE_POOL: '0',
      RETURN_DAYS: '1.5',
      DRAIN_MS: '-1',
      SHUTDOWN_MS: '1e99',
      CACHE_MAX_BYTES: 'lots',
      READ_ONLY: 'yes',
      SHOP_NAME: 'x'.repeat(101),
    })
    expect(output).toContain('PORT: must be a whole number\n')
    expect(output).toContain('DATABASE_POOL: must be at least 1\n')
    expect(output).toContain('RETURN_DAYS: must be a whole number\n')
    expect(output).toContain('DRAIN_MS: must be at least 0\n')
    expect(output).toContain('SHUTDOWN_MS: must be a whole number\n')
    expect(output).toContain('CACHE_MAX_BYTES: must be a whole number\n')
    expect(output).toContain('READ_ONLY: must be true or false\n')
    expect(output).toContain('SHOP_NAME: must have at most 100 characters\n')
    expect(output).not.toMatch(/NaN|expected|received|invalid/i)
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
    expect(output.split(`Port ${taken.port} is taken`)).toHaveLength(2)
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
    '%s --help says what the command does, and what it needs',
    async (command) => {
      await using program = runProgram([command, '--help'])
      expect(await program.ended()).toBe(0)
      expect(program.output()).toContain('Usage:')
      expect(program.output()).toMatch(/[A-Z]{4,}_[A-Z]+|PORT=|running or stopped/)
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

  test('a setting that is probably mistyped is named with the one that was meant, once', async () => {
    const names = {
      SHOP_NAM: 'x',
      DATABASE_URI: 'x',
      SHOP_CURRENCY: 'USD',
      COOKIES: 'x',
      REDIS_PORT: '6379',
      PORTS: '1',
    }
    const output = await failedBoot(['serve', '--processes', '2'], { ...names, PORT: 'abc' })
    expect(output.split('Did you mean')).toHaveLength(5)
    for (const [name, meant] of [
      ['SHOP_NAM', 'SHOP_NAME'],
      ['DATABASE_URI', 'DATABASE_URL'],
      ['SHOP_CURRENCY', 'SHOP_CURRENCIES'],
      ['PORTS', 'PORT'],
    ])
      expect(output).toContain(`${name} is not a setting of the shop and has no effect. Did you mean ${meant}?`)
  })

  test('doctor groups the settings and prints their defaults', async () => {
    await using program = runProgram(['doctor'], {
      env: { DATABASE_URL: 'postgres://127.0.0.1:9/none', SHOP_NAM: 'x' },
    })
    expect(await program.ended()).toBe(1)
    const output = program.output()
    for (const text of ['PORT  (default 3000)', 'SHOP_CURRENCIES  (default USD,EUR,CNY)', 'READ_ONLY  (default false)'])
      expect(output).toContain(text)
    expect(output).toMatch(/\nStorage\n\n {2}DATABASE_URL = \(set\)\n/)
    expect(output).toContain('WRONG names of settings: SHOP_NAM')
  })

  test('doctor reports each problem', async () => {
    await using program = runProgram(['doctor'], { env: { DATABASE_URL: 'postgres://127.0.0.1:9/none' } })
    expect(await program.ended()).toBe(1)
    expect(program.output()).toContain('WRONG Postgres')
  })
})
