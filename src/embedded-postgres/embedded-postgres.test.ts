import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '#embedded-postgres'
import { BootError } from '#errors'
import { waitFor } from '#test'

const isRoot = process.getuid?.() === 0
let parent: string
/** One shop's folder, used by successive tests as by successive starts. */
let shop: string
const lines: string[] = []

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'holdfast-embedded-'))
  await chmod(parent, 0o755)
  shop = join(parent, 'shop')
})
afterAll(() => rm(parent, { recursive: true, force: true }))

async function start(dataDir: string) {
  lines.length = 0
  const postgres = await startEmbeddedPostgres({ dataDir, log: (line) => lines.push(line) })
  return { ...postgres, [Symbol.asyncDispose]: postgres.stop }
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const postmaster = async (cluster: string) =>
  Number.parseInt(await readFile(join(cluster, 'postmaster.pid'), 'utf8'), 10)

/** A zombie counts as dead. */
const isAlive = async (pid: number) => /\) [^ZX] /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))

test('committed data survives a stop and another start', { timeout: 60_000 }, async () => {
  {
    await using postgres = await start(shop)
    expect(lines).toEqual(['Creating the database (first start only) ...'])
    await query(postgres.url, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)')
  }
  await using postgres = await start(shop)
  expect(lines).toEqual([])
  expect(await query(postgres.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }])
})

test('the server is durable, uses UTF-8 and accepts only loopback and its password', async () => {
  await using postgres = await start(shop)
  const settings = await query(
    postgres.url,
    `SELECT name, setting FROM pg_settings WHERE name IN
       ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'max_connections', 'server_encoding') ORDER BY 1`,
  )
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    listen_addresses: '127.0.0.1',
    max_connections: '200',
    server_encoding: 'UTF8',
  })
  const url = new URL(postgres.url)
  url.password = 'guessed'
  await expect(query(url.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/)
  expect((await stat(join(shop, 'password'))).mode & 0o077).toBe(0)
})

test('a Postgres killed with -9 loses nothing, is reported, and stop does not hang', async () => {
  {
    await using postgres = await start(shop)
    await query(postgres.url, 'INSERT INTO kept VALUES (2)')
    process.kill(await postmaster(postgres.dataDir), 'SIGKILL')
    await waitFor(() => lines.some((line) => line.includes('stopped by itself')), { what: 'the report' })
  }
  await using postgres = await start(shop)
  expect(await query(postgres.url, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }])
})

test('after kill -9 of the shop the next start takes over from the orphaned Postgres', async () => {
  const code = `import { startEmbeddedPostgres } from '#embedded-postgres'
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(shop)}, log() {} })
    process.stdout.write('up'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  await expect(start(shop)).rejects.toThrow(new RegExp(`Another shop \\(process ${child.pid}\\)`))
  const orphan = await postmaster(join(shop, 'cluster'))
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await isAlive(orphan)).toBe(true)

  await using postgres = await start(shop)
  expect(lines).toEqual(['Stopping the database that an earlier run left behind ...'])
  expect(await isAlive(orphan)).toBe(false)
  expect(await query(postgres.url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 2 }])
})

test('a stale lock with a reused pid neither prevents the start nor harms that process', async () => {
  const unrelated = spawn('sleep', ['60'])
  try {
    await once(unrelated, 'spawn')
    await writeFile(join(shop, 'cluster', 'postmaster.pid'), `${unrelated.pid}\n${join(shop, 'cluster')}\n`)
    await writeFile(join(shop, `lock-${unrelated.pid}-1-abcd`), '')
    await using postgres = await start(shop)
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(unrelated.exitCode).toBeNull()
  } finally {
    unrelated.kill('SIGKILL')
  }
})

test('one of two concurrent starts on a folder runs, the other is rejected with the reason', async () => {
  const outcomes = await Promise.allSettled([start(shop), start(shop)])
  const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled')
  const losers = outcomes.filter((outcome) => outcome.status === 'rejected')
  for (const { value } of winners) await value.stop()
  expect(winners.length).toBe(1)
  expect(losers.map(({ reason }) => [reason instanceof BootError, (reason as Error).message])).toEqual([
    [true, expect.stringContaining(`Another shop (process ${process.pid}) is running on the data in`)],
  ])
})

test('an unusable data folder is rejected with a remedy', async () => {
  const file = join(parent, 'file')
  await writeFile(file, '')
  await expect(start(file)).rejects.toThrow(/is not a folder.*set DATA_DIR/)
  await expect(start(join(file, 'below'))).rejects.toThrow(/is not a folder.*set DATA_DIR/)

  const other = join(parent, 'other')
  await mkdir(join(other, 'cluster'), { recursive: true })
  await writeFile(join(other, 'cluster', 'PG_VERSION'), '17\n')
  await expect(start(other)).rejects.toThrow(/written by Postgres 17; this program brings 18/)
})

test('a read-only data folder is rejected with a remedy', async () => {
  const closed = join(parent, 'closed')
  await mkdir(closed, { mode: 0o555 })
  // Root can write anywhere but in the kernel's own file systems.
  const failure = await start(isRoot ? '/sys/holdfast' : closed).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(BootError)
  expect((failure as Error).message).toMatch(/cannot be read and written by .*set DATA_DIR/)
})

test.runIf(isRoot)(
  'as root below a folder of mode 0700 the data goes to /var/lib/holdfast and is found again',
  async () => {
    const home = join(parent, 'home')
    await mkdir(home, { mode: 0o700 })
    const dataDir = join(home, 'shop', 'data')
    let elsewhere: string | undefined
    try {
      {
        await using postgres = await start(dataDir)
        elsewhere = dirname(postgres.dataDir)
        expect(elsewhere).toMatch(/^\/var\/lib\/holdfast\//)
        await query(postgres.url, 'CREATE TABLE kept (n int)')
      }
      await using postgres = await start(dataDir)
      expect(postgres.dataDir).toBe(join(elsewhere, 'cluster'))
      expect(await query(postgres.url, 'SELECT n FROM kept')).toEqual([])
    } finally {
      if (elsewhere !== undefined) await rm(elsewhere, { recursive: true, force: true })
    }
  },
)
