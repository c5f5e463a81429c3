import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/**
 * The linter keeps the boundaries of ARCHITECTURE.md, and this keeps the linter: it plants each kind of violation in a
 * copy of the layout, under the real configuration, and expects it to be caught there and nothing else.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
const { imports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  imports: Record<string, string>
}
// A pattern such as #lib/* stands for any of its files.
const entryPoints = Object.keys(imports).map((name) => name.replace('*', 'deadline'))
const moduleEntryPoints = entryPoints.filter((name) => imports[name]?.startsWith('./modules/'))

/** A file of the layout, and one import in it. */
type Planted = [file: string, code: string]

const value = (file: string, from: string): Planted => [file, `import { thing } from '${from}'; thing()`]
const type = (file: string, from: string): Planted => [
  file,
  `import type { Thing } from '${from}'; export type Own = Thing`,
]

const forbidden: Record<string, Planted[]> = {
  'a module leaves itself by a path': [
    value('modules/product/store.ts', '../user/store.ts'),
    type('modules/user/store.ts', '../order/contract.ts'),
    value('modules/order/store.ts', '../../src/db/pool.ts'),
    value('modules/order/store.ts', './../product/store.ts'),
    value('modules/product/demo/one.ts', '../../user/store.ts'),
    value('modules/product/demo/one.ts', '../other/../../user/store.ts'),
    value('modules/product/demo/one.test.ts', '../../user/store.ts'),
    value('modules/product/store.test.ts', '../user/store.ts'),
    ['modules/product/store.ts', `export { thing } from '../user/store.ts'`],
    ['modules/product/store.ts', `export * from '../user/store.ts'`],
    ['modules/product/store.ts', `export const thing = await import('../user/store.ts')`],
  ],
  'product or user imports a module': [
    value('modules/product/store.ts', '#user'),
    value('modules/product/store.ts', '#order'),
    type('modules/product/demo/one.ts', '#order'),
    value('modules/user/store.ts', '#product'),
    value('modules/user/store.test.ts', '#order'),
    ['modules/user/store.ts', `export const thing = await import('#order')`],
    ['modules/user/store.ts', `export type Thing = import('#order').Thing`],
  ],
  'a module knows who composes it': ['product', 'user', 'order'].map((name) =>
    value(`modules/${name}/store.ts`, '#app'),
  ),
  'src names a module outside app.ts': [
    ...moduleEntryPoints.flatMap((entryPoint) => [
      value('src/http/server.ts', entryPoint),
      type('src/main.ts', entryPoint),
    ]),
    value('src/db/pool.test.ts', '#order'),
    value('src/main.ts', '../modules/order/index.ts'),
    value('src/outbound/email/smtp.ts', '../../../modules/user/index.ts'),
  ],
  'a part of the platform bypasses a public entry point': [
    value('src/http/server.ts', '../rpc/context.ts'),
    value('src/http/server.ts', '../errors.ts'),
    value('src/outbound/email/smtp.ts', '../../db/pool.ts'),
  ],
  'the sandbox imports from the shop': [
    ...entryPoints.map((entryPoint) => value('src/sandbox/ledger.ts', entryPoint)),
    value('src/sandbox/ledger.ts', '../errors.ts'),
    value('src/sandbox/ledger.test.ts', '#order'),
    value('src/sandbox/ledger.test.ts', '#db'),
  ],
  'the web takes values from the server': [
    ...entryPoints.map((entryPoint) => value('web/pages/cart.tsx', entryPoint)),
    value('web/pages/cart.tsx', '../../modules/order/contract.ts'),
    value('web/main.tsx', '../src/schemas.ts'),
  ],
  'the web takes types from behind the public entry points': [
    ...entryPoints
      .filter((entryPoint) => entryPoint !== '#client' && entryPoint !== '#schemas')
      .map((entryPoint) => type('web/pages/cart.tsx', entryPoint)),
    type('web/pages/cart.tsx', '../../modules/order/order.store.ts'),
    type('web/main.tsx', '../src/rpc/client.ts'),
  ],
  'a program imports what supports tests': [
    value('src/http/server.ts', '#test'),
    value('src/app.ts', '#test'),
    value('modules/order/store.ts', '#test'),
  ],
}

const allowed: Planted[] = [
  value('modules/product/store.ts', './draft.contract.ts'),
  value('modules/product/store.ts', './demo/one.ts'),
  value('modules/product/demo/one.ts', '../draft.contract.ts'),
  value('modules/product/demo/one.ts', '../catalog/localisation.rules.ts'),
  value('modules/product/demo/one.test.ts', '#test'),
  value('modules/product/store.ts', '#db'),
  value('modules/product/store.test.ts', '#test'),
  value('modules/order/store.ts', '#product'),
  value('modules/order/store.ts', '#user'),
  ...moduleEntryPoints.map((entryPoint) => value('src/app.ts', entryPoint)),
  value('src/outbound/email/smtp.ts', '../external-service.ts'),
  value('src/outbound/index.ts', './email/smtp.ts'),
  value('src/http/server.ts', '#app'),
  value('src/sandbox/ledger.ts', './model.ts'),
  value('src/sandbox/ledger.test.ts', '#sandbox'),
  value('src/sandbox/ledger.test.ts', '#test'),
  type('web/pages/cart.tsx', '#client'),
  type('web/pages/cart.tsx', '#schemas'),
  type('web/pages/cart.tsx', '../../modules/order/contract.ts'),
  value('web/pages/cart.tsx', '../parts/price.tsx'),
  value('test/integration/journey.test.ts', '#order'),
]

/** One folder a plant, since several of them stand in the same file. */
const planted = [...Object.values(forbidden).flat(), ...allowed]
const folderOf = (plant: Planted) => `plant-${planted.indexOf(plant)}`
let dir: string
let caught: Set<string>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-boundaries-'))
  const config = JSON.parse(await readFile(join(root, '.oxlintrc.json'), 'utf8')) as object
  // Syntax only: this copy has no types.
  const settings = { ...config, options: {} }
  for (const plant of planted) {
    const [file, code] = plant
    const path = join(dir, folderOf(plant), file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `${code}\n`)
    await writeFile(join(dir, folderOf(plant), '.oxlintrc.json'), JSON.stringify(settings))
  }
  caught = await lint(dir)
})

afterAll(() => rm(dir, { recursive: true, force: true }))

/** Names of the folders in which an import is rejected. */
async function lint(cwd: string): Promise<Set<string>> {
  const oxlint = join(root, 'node_modules', '.bin', 'oxlint')
  const output = await new Promise<string>((resolve) => {
    execFile(oxlint, ['--format=json'], { cwd, maxBuffer: 1e8 }, (_error, stdout) => resolve(stdout))
  })
  const { diagnostics } = JSON.parse(output) as { diagnostics: { code: string; filename: string }[] }
  const rejected = diagnostics.filter(({ code }) => /no-restricted-imports|consistent-type-imports/.test(code))
  return new Set(rejected.map(({ filename }) => filename.split('/')[0] ?? ''))
}

const named = (plants: Planted[]) => plants.map((plant) => [...plant, folderOf(plant)] as const)

describe.each(Object.entries(forbidden))('%s:', (_violation, plants) => {
  test.each(named(plants))('is rejected in %s: %s', (_file, _code, folder) => {
    expect(caught).toContain(folder)
  })
})

describe('what the architecture allows', () => {
  test.each(named(allowed))('passes in %s: %s', (_file, _code, folder) => {
    expect(caught).not.toContain(folder)
  })
})
