import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeZip } from '../eb/bundle.ts'
import { commitOf, requireCheckout } from './checkout.ts'
import { createFakeAccount } from './fake/fake-account.fixture.ts'
import { testSettings } from './infrastructure.fixture.ts'
import { checkMigrations, migrate } from './migrations.ts'
import { newestBundle, readBundle } from './release-bundle.ts'
import { readReleaseSettings } from './release-settings.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-gates-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(path: string, content: string): Promise<string> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  return file
}

describe('a bundle', () => {
  const whole = {
    Procfile: 'web: start',
    'src/main.ts': '',
    'web/dist/index.html': '',
    'node_modules/node/bin/node': '',
    'release.json': JSON.stringify({ version: '20261126-0800-0123456789', revision: '0', node: 'v24', arch: 'x64' }),
  }

  async function zip(changes: Record<string, string | undefined> = {}): Promise<string> {
    const files = []
    for (const [path, content] of Object.entries({ ...whole, ...changes }))
      if (content !== undefined) files.push({ path, source: await write(`unpacked/${path}`, content) })
    const file = join(folder, 'holdfast-1.zip')
    await writeZip(files, file, new Date(0))
    return file
  }

  it('that is whole has a version', async () => {
    const file = await zip()
    expect(await readBundle(file)).toEqual({ file, version: '20261126-0800-0123456789' })
  })

  it('without node_modules is refused', async () => {
    await expect(readBundle(await zip({ 'node_modules/node/bin/node': undefined }))).rejects.toThrow(
      'without its node_modules',
    )
  })

  it('of something else is refused', async () => {
    await expect(readBundle(await zip({ Procfile: undefined }))).rejects.toThrow('lacks Procfile')
    await expect(readBundle(await zip({ 'release.json': '{}' }))).rejects.toThrow('does not say which version')
    await expect(readBundle(await write('text.zip', 'text'))).rejects.toThrow('is not a complete zip')
    await expect(readBundle(join(folder, 'none.zip'))).rejects.toThrow('There is no bundle')
  })

  it('of a dirty tree is refused', async () => {
    const description = whole['release.json'].replace('0123456789', '0123456789-dirty')
    await expect(readBundle(await zip({ 'release.json': description }))).rejects.toThrow('uncommitted changes')
  })

  it('above the limit of Beanstalk is refused', async () => {
    const file = await zip()
    await truncate(file, 512 * 2 ** 20 + 1)
    await expect(readBundle(file)).rejects.toThrow('has 512 MiB, and Beanstalk accepts 512')
  })

  it('is the newest of its folder, where none is named', async () => {
    await expect(newestBundle(folder)).rejects.toThrow('There is no bundle in')
    for (const name of ['holdfast-20261125-0900-b.zip', 'holdfast-20261126-0800-a.zip']) await write(name, '')
    expect(await newestBundle(folder)).toBe(join(folder, 'holdfast-20261126-0800-a.zip'))
  })
})

describe('the checkout of a release', () => {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      encoding: 'utf8',
    }).trim()
  const snapshot = (columns: string[]): string =>
    JSON.stringify({
      tables: {
        's.t': { name: 't', schema: 's', columns: Object.fromEntries(columns.map((column) => [column, {}])) },
      },
    })

  /** Commits files. @returns the version of the commit */
  async function commit(files: Record<string, string>): Promise<string> {
    for (const [path, content] of Object.entries(files)) await write(path, content)
    git('add', '-A')
    git('commit', '-qm', 'Change')
    return `20261126-0800-${git('rev-parse', 'HEAD').slice(0, 10)}`
  }

  const base = {
    'migrations/0000_base.sql': 'CREATE SCHEMA "s";\n',
    'migrations/meta/0000_snapshot.json': snapshot(['a', 'b']),
  }
  const drop = 'ALTER TABLE "s"."t" DROP COLUMN "a";\n'

  beforeEach(() => void git('init', '-q'))

  it('must be at the commit of the version, without changes', async () => {
    const version = await commit(base)
    await expect(requireCheckout(folder, version)).resolves.toBeUndefined()
    await write('stray', '')
    await expect(requireCheckout(folder, version)).rejects.toThrow('uncommitted changes')
    await commit({ other: '' })
    await expect(requireCheckout(folder, version)).rejects.toThrow(`${version} is of another commit`)
  })

  it('may add what the running version does not use', async () => {
    const running = await commit(base)
    await commit({ 'migrations/0001_next.sql': 'ALTER TABLE "s"."t" ADD COLUMN "c" text;\n' })
    await expect(checkMigrations(folder, running)).resolves.toBeUndefined()
  })

  it('must not drop what the running version uses', async () => {
    const running = await commit(base)
    await commit({ 'migrations/0001_next.sql': drop })
    await expect(checkMigrations(folder, running)).rejects.toThrow(/0001_next.sql: .*previous release/)
  })

  it('may go back to a version that knows the running schema, and to no older one', async () => {
    const oldest = await commit(base)
    const previous = await commit({
      'migrations/0001_unused.sql': 'ALTER TABLE "s"."t" ADD COLUMN "c" text;\n',
      'migrations/meta/0001_snapshot.json': snapshot(['b', 'c']),
    })
    const running = await commit({ 'migrations/0002_contract.sql': drop })
    git('checkout', '-q', commitOf(previous))
    await expect(checkMigrations(folder, running)).resolves.toBeUndefined()
    git('checkout', '-q', commitOf(oldest))
    await expect(checkMigrations(folder, running)).rejects.toThrow(/0002_contract.sql/)
  })

  it('must know the commit of the running version', async () => {
    await commit(base)
    await expect(checkMigrations(folder, '20261101-0800-0123456789')).rejects.toThrow('does not have the commit')
  })

  it('is not migrated without the address of the database', async () => {
    await expect(migrate(folder)).rejects.toThrow('DATABASE_URL is not set')
  })
})

describe('the settings file', () => {
  it('of the example is valid', async () => {
    const settings = await readReleaseSettings(fileURLToPath(new URL('settings.example.json', import.meta.url)))
    expect(settings).toMatchObject({ region: 'eu-central-1', web: { minSize: 3 }, drain: { minimumMinutes: 15 } })
  })

  it('that is missing, no JSON or invalid is refused with the reason', async () => {
    await expect(readReleaseSettings(join(folder, 'none.json'))).rejects.toThrow('cannot be read')
    await expect(readReleaseSettings(await write('text.json', 'text'))).rejects.toThrow('is no JSON')
    const invalid = await write(
      'invalid.json',
      JSON.stringify({ region: 'Frankfurt', account: '1', stacks: [], shopUrl: 'http://shop.test', worth: 1 }),
    )
    await expect(readReleaseSettings(invalid)).rejects.toThrow(/region such as[^]*12 digits/)
  })
})

describe('the command', () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder })
    return { status, stdout, stderr }
  }

  it('explains itself and each of its commands', () => {
    const { stdout } = run('--help')
    for (const name of ['plan', 'deploy', 'status', 'resume', 'rollback', 'AWS_PROFILE', 'DATABASE_URL'])
      expect(stdout).toContain(name)
    expect(run('deploy', '--help').stdout).toMatch(/--settings[^]*--bundle[^]*--strategy[^]*canary[^]*--dry-run/)
  })

  it('signs in as the SDK does, and reads the account', async () => {
    await using account = await createFakeAccount()
    const { region, account: id, shopUrl } = testSettings
    const settings = await write(
      'settings.json',
      JSON.stringify({ region, account: id, shopUrl, stacks: ['Holdfast'] }),
    )
    const { stdout } = await promisify(execFile)(process.execPath, [main, 'status', '--settings', settings], {
      env: { PATH: process.env['PATH'], ...account.env },
    })
    expect(stdout).toContain('No release yet.')
    expect(stdout).toContain('holdfast-web-blue: v1, Ready, health Ok, live address')
  })

  it('exits with 1 and what to do', () => {
    const { status, stderr } = run('status', '--settings', join(folder, 'none.json'))
    expect(status).toBe(1)
    expect(stderr).toMatch(/none.json cannot be read[^]*settings.example.json/)
    expect(run('deploy', '--strategy', 'fast').stderr).toMatch(/Allowed choices are blue-green, canary/)
  })
})
