import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** The import graph between folders, type imports included, and the paths that documents name. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: Record<string, string> }

const tracked = (...patterns: string[]): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], { cwd: root })
    .toString()
    .trim()
    .split('\n')
    .filter((file) => existsSync(join(root, file)))

const isTestFile = (file: string): boolean => /\.(test|fixture)\.ts$/.test(file)
const sources = tracked('src/*.ts', 'modules/*.ts').filter((file) => !isTestFile(file))

/** The repository path of an imported file; undefined for packages. */
function resolveImport(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return normalize(join(dirname(file), specifier))
  const exact = imports[specifier]
  if (exact !== undefined) return normalize(exact)
  for (const [name, target] of Object.entries(imports)) {
    const [before = '', after] = name.split('*')
    if (after !== undefined && specifier.startsWith(before))
      return normalize(target.replace('*', specifier.slice(before.length)))
  }
  return undefined
}

const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].flatMap(
    ([, specifier = '']) => resolveImport(file, specifier) ?? [],
  )

/**
 * The folder a file belongs to. The root of a module is two: contracts and schema, on which its features are built, and
 * the public entry point with its routers, which are built on the features. Files directly in src are one each.
 */
function folderOf(file: string): string {
  const [top = '', second = '', third = '', fourth] = file.split('/')
  if (top === 'src') return third === '' ? file : `src/${second}`
  if (fourth !== undefined) return `modules/${second}/${third}`
  return /(contract|schema)\.ts$/.test(third) ? `modules/${second} (contracts)` : `modules/${second} (entry)`
}

function folderGraph(files: readonly string[]): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>()
  for (const file of files) {
    const from = folderOf(file)
    const targets = graph.get(from) ?? new Set()
    graph.set(from, targets)
    for (const imported of importsOf(file)) if (folderOf(imported) !== from) targets.add(folderOf(imported))
  }
  return graph
}

/** Every cycle found by depth-first search, as the folders along it. */
function cyclesOf(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  function walk(folder: string, path: readonly string[]): void {
    if (path.includes(folder)) found.push([...path.slice(path.indexOf(folder)), folder].join(' -> '))
    if (path.includes(folder) || done.has(folder)) return
    for (const next of graph.get(folder) ?? []) walk(next, [...path, folder])
    done.add(folder)
  }
  for (const folder of graph.keys()) walk(folder, [])
  return found
}

test('folders import one another without a cycle', () => {
  const graph = folderGraph(sources)
  expect(graph.size).toBeGreaterThan(20)
  expect(cyclesOf(graph)).toEqual([])
})

test('a planted cycle between folders is found', () => {
  const graph = folderGraph(sources)
  graph.get('modules/order/pricing')?.add('modules/order/payment')
  graph.get('modules/order/state')?.add('modules/order/pricing')
  expect(cyclesOf(graph)).not.toEqual([])
})

test("a module's contracts and schema import no feature folder", () => {
  const graph = folderGraph(sources)
  for (const module of ['product', 'user', 'order']) {
    const features = [...(graph.get(`modules/${module} (contracts)`) ?? [])].filter((folder) =>
      folder.startsWith(`modules/${module}/`),
    )
    expect(features).toEqual([])
  }
})

const documents = tracked('*.md').filter((file) => file !== 'CHANGELOG.md')

/** Paths in links, and in code that begins like a path of this repository. */
function pathsOf(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8')
  const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, path = '']) => path)
    .filter((path) => !/^[a-z]+:/.test(path))
    .map((path) => normalize(join(dirname(document), path)))
  const inCode = [...text.matchAll(/`((?:src|modules|web|test|docs|migrations|deploy|client|\.ci)\/[\w./-]+)`/g)].map(
    ([, path = '']) => path,
  )
  return [...links, ...inCode]
}

test.each(documents)('%s names only paths that exist', (document) => {
  expect(pathsOf(document).filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test('the map of ARCHITECTURE.md names only folders and files that exist', () => {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  const map = /## The map\n\n```\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  const missing: string[] = []
  let folder = ''
  for (const line of map.split('\n')) {
    const [, indent = '', name = ''] = /^(\s*)([\w.-]+\/?)(?=\s|$)/.exec(line) ?? []
    if (name === '') continue
    if (indent === '') folder = name.endsWith('/') ? name : ''
    const path = indent === '' ? name : join(folder, name)
    if (!existsSync(join(root, path))) missing.push(path)
  }
  expect(map).not.toBe('')
  expect(missing).toEqual([])
})

test('ARCHITECTURE.md has at most 1,600 words', () => {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  expect(text.split(/\s+/).filter((word) => word !== '').length).toBeLessThanOrEqual(1_600)
})
