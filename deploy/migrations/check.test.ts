import { execFileSync } from 'node:child_process'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkMigrations, type PreviousRelease } from './index.ts'

let root: string
let previous: PreviousRelease

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    encoding: 'utf8',
  }).trim()

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'migrations-'))
  await mkdir(join(root, 'migrations/meta'), { recursive: true })
  await writeFile(join(root, 'migrations/0000_base.sql'), 'CREATE TABLE "s"."t" ("a" text);\n')
  const table = { name: 't', schema: 's', columns: { a: {}, b: {} } }
  await writeFile(join(root, 'migrations/meta/0000_snapshot.json'), JSON.stringify({ tables: { 's.t': table } }))
  git('init', '-q')
  git('add', '-A')
  git('commit', '-qm', 'Release')
  previous = { commit: git('rev-parse', 'HEAD'), isReleased: true, migrations: ['0000_base'] }
})

afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

async function check(sql: string): Promise<string[]> {
  await writeFile(join(root, 'migrations/0001_next.sql'), sql)
  const { ok, problems } = await checkMigrations({ root, previous })
  expect(ok).toBe(problems.length === 0)
  return problems.map(({ message }) => message)
}

test.each([
  ['dropped column', 'ALTER TABLE "s"."t" DROP COLUMN "a";'],
  ['renamed column', 'ALTER TABLE "s"."t" RENAME COLUMN "a" TO "c";'],
  ['column without null', 'ALTER TABLE "s"."t" ALTER COLUMN "a" SET NOT NULL;'],
  ['changed type', 'ALTER TABLE "s"."t" ALTER COLUMN "a" SET DATA TYPE bigint;'],
  ['second change of one statement', 'ALTER TABLE "s"."t" DROP COLUMN "x", DROP COLUMN "b";'],
  ['required new column', 'ALTER TABLE "s"."t" ADD COLUMN "z" text NOT NULL;'],
  ['dropped table', 'DROP TABLE "s"."t";'],
  ['renamed table', 'ALTER TABLE "s"."t" RENAME TO "u";'],
  ['moved table', 'ALTER TABLE "s"."t" SET SCHEMA "u";'],
  ['dropped schema', 'DROP SCHEMA "s" CASCADE;'],
])('A migration with a %s is refused while the previous release uses it', async (_, sql) => {
  expect((await check(sql)).join('\n')).toMatch(/previous release/)
})

test('A migration that drops what the previous release no longer uses is accepted', async () => {
  expect(await check('ALTER TABLE "s"."t" DROP COLUMN "gone";')).toEqual([])
})

test('A migration that expands is accepted', async () => {
  expect(await check('ALTER TABLE "s"."t" ADD COLUMN "c" text;')).toEqual([])
})

test('A migration that blocks writes while an index is built is refused', async () => {
  expect((await check('CREATE INDEX "i" ON "s"."t" ("a");')).join()).toContain('require-concurrent-index-creation')
})

test('A migration that silences the linter is refused', async () => {
  const sql = '-- squawk-ignore ban-drop-column\nALTER TABLE "s"."t" DROP COLUMN "a";'
  expect(await check(sql)).toContain('silences squawk.')
})

test('A released migration that was edited is refused', async () => {
  await writeFile(join(root, 'migrations/0000_base.sql'), 'CREATE TABLE "s"."t" ("a" int);\n')
  const { problems } = await checkMigrations({ root, previous })
  expect(problems.map(({ message }) => message).join()).toMatch(/was edited after its release/)
})

test('A clone without the commit of the previous release is told how to fetch it', async () => {
  const { problems } = await checkMigrations({ root, previous: { ...previous, commit: 'a'.repeat(40) } })
  expect(problems[0]?.remedy).toMatch(/git fetch/)
})
