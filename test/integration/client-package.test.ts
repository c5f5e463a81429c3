import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFleet } from '#test'

/** The published client as a foreign project uses it: packed, then installed into an empty TypeScript project. */

const root = fileURLToPath(new URL('../../', import.meta.url))
const programs = {
  'journey.ts': new URL('./client-package/journey.ts', import.meta.url),
  'types.ts': new URL('./client-package/types.ts', import.meta.url),
}

let project: string
const installed = (...path: string[]): string => join(project, 'node_modules', ...path)

/** @throws with the whole output of the program */
const run = (file: string, args: string[], cwd = project): Promise<string> =>
  promisify(execFile)(file, args, { cwd, maxBuffer: 1e8 }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) =>
      expect.fail(`${file} ${args.join(' ')} failed:\n${error.stdout}\n${error.stderr}`),
  )

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'holdfast-client-'))
  await run('npm', ['pack', '--workspace', 'client', '--pack-destination', project], root)
  const { version } = JSON.parse(await readFile(join(root, 'client/package.json'), 'utf8')) as { version: string }
  await mkdir(installed('holdfast'), { recursive: true })
  await run('tar', ['-xzf', `holdfast-${version}.tgz`, '--strip-components=1', '-C', installed('holdfast')])
  // Copies: links would resolve packages that only the server has installed.
  for (const name of ['@trpc/client', '@trpc/server', 'eventsource', 'eventsource-parser']) {
    await cp(join(root, 'node_modules', name), installed(name), { recursive: true })
  }
  await writeFile(join(project, 'package.json'), '{ "type": "module", "private": true }')
  await writeFile(join(project, 'globals.d.ts'), 'declare const process: { argv: string[] }\n')
  for (const [name, source] of Object.entries(programs)) {
    await writeFile(join(project, name), (await readFile(source, 'utf8')).replace("'#client'", "'holdfast/client'"))
  }
})

afterAll(() => rm(project, { recursive: true, force: true }))

test('the package contains what clients need and nothing of the server', async () => {
  const manifest = JSON.parse(await readFile(installed('holdfast', 'package.json'), 'utf8')) as Record<string, object>
  expect(Object.keys(manifest['dependencies'] ?? {})).toEqual(['@trpc/client', '@trpc/server', 'eventsource'])
  expect(manifest).not.toHaveProperty('imports')
  expect(manifest).not.toHaveProperty('devDependencies')
  expect(Object.keys(manifest['scripts'] ?? {})).toEqual(['prepack'])
  expect(Object.keys(manifest['exports'] ?? {})).toEqual(['./client'])
  const texts = await run('grep', ['-rhoE', `(from|import\\()\\s*['"][^'"]+`, installed('holdfast', 'dist')])
  const packages = texts.match(/(?<=['"])[^.\n][^\n]*/g)
  expect([...new Set(packages)].toSorted()).toEqual([
    '@trpc/client',
    '@trpc/server',
    '@trpc/server/unstable-core-do-not-import',
    'eventsource',
  ])
})

test.each(['nodenext', 'bundler'])(
  'every type resolves, without any, under %s resolution and library checks',
  async (moduleResolution) => {
    const compilerOptions = {
      target: 'es2022',
      module: moduleResolution === 'bundler' ? 'esnext' : 'nodenext',
      moduleResolution,
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      types: [],
    }
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    expect(await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'])).toBe('')
  },
)

test('a foreign program buys: list, search, cart, checkout, place, watch until paid, get', async () => {
  await using fleet = await startFleet()
  const [server] = await Promise.all([fleet.start(['serve']), fleet.start(['worker'])])
  expect(JSON.parse(await run(process.execPath, ['journey.ts', server.url()]))).toEqual({
    status: 'paid',
    lines: 2,
    inCart: 2,
    strangers: 'not_found',
  })
}, 40_000)
