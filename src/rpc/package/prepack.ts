import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync, Visitor } from 'vite'
import { reachable } from './declarations.ts'
import { manifestOf, type ProjectManifest } from './manifest.ts'

/** Writes the published client to dist/client: JavaScript, declarations and a package.json that names what it needs, and nothing of the server. */

const root = fileURLToPath(new URL('../../../', import.meta.url))
const entry = 'src/rpc/client'
/** What tRPC's declarations name, and the default `lib` of older targets lacks. */
const libs = '/// <reference lib="esnext.disposable" />\n'

function build(): void {
  const project = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as ProjectManifest
  const manifest = manifestOf(project)
  mkdirSync(join(root, 'dist'), { recursive: true })
  // Below the project, so that its doors hold for what is compiled here.
  const dir = mkdtempSync(join(root, 'dist', 'build-'))
  try {
    const packages = Object.keys(manifest.dependencies)
    const inferred = compile(dir)
    const out = (path: string): string => readFileSync(join(dir, 'out', path), 'utf8')
    const declarations = reachable(`${entry}.d.ts`, {
      read: out,
      doors: new Map(Object.entries(project.imports)),
      packages,
      inferred,
    })
    const target = join(dir, 'package')
    for (const [path, text] of declarations) write(join(target, path), path === `${entry}.d.ts` ? libs + text : text)
    for (const [path, text] of reachableModules(out, packages)) write(join(target, path), text)
    write(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    copyFileSync(fileURLToPath(new URL('./README.md', import.meta.url)), join(target, 'README.md'))
    copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'))
    rmSync(join(root, 'dist', 'client'), { recursive: true, force: true })
    renameSync(target, join(root, 'dist', 'client'))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Compiles the client. @returns by path and name, what stands for each shared type that zod infers */
function compile(dir: string): Map<string, string> {
  write(join(dir, 'inferred.ts'), inferredTypes())
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    rootDir: '../..',
    outDir: 'out',
    noEmitOnError: true,
  }
  write(
    join(dir, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions,
      files: [`../../${entry}.ts`, 'inferred.ts'],
      include: [],
    }),
  )
  const tsc = fileURLToPath(new URL('./bin/tsc', import.meta.resolve('typescript/package.json')))
  execFileSync(process.execPath, [tsc, '-p', dir], { stdio: ['ignore', 'inherit', 'inherit'] })

  const path = join(dir, 'out', relative(root, dir), 'inferred.d.ts')
  const text = readFileSync(path, 'utf8')
  const types = new Map<string, string>()
  new Visitor({
    TSPropertySignature({ key, typeAnnotation }) {
      if (key.type !== 'Literal' || !typeAnnotation) return
      const { start, end } = typeAnnotation.typeAnnotation
      types.set(String(key.value), text.slice(start, end).replaceAll('\n    ', '\n'))
    },
  }).visit(parseSync(path, text).program)
  return types
}

/** A module, compiled but never run, whose declarations hold the shared types as tsc infers them from their schemas. */
function inferredTypes(): string {
  const paths = ['src/shapes.ts', ...globSync('modules/*/contract.ts', { cwd: root })].map((path) =>
    path.replaceAll('\\', '/'),
  )
  const lines = paths.flatMap((path, index) => {
    const aliases = readFileSync(join(root, path), 'utf8').matchAll(/^export type (\w+) = z\.infer<typeof (\w+)>$/gm)
    return [...aliases].map(
      ([, name, schema]) => `  '${path.replace(/\.ts$/, '.d.ts')}#${name}': from${index}.${schema}.parse(null),`,
    )
  })
  const imports = paths.map((path, index) => `import * as from${index} from '../../${path}'`)
  return [...imports, 'export const inferred = {', ...lines, '}', ''].join('\n')
}

/** The JavaScript that the entry runs. @throws Error naming what it imports beside `packages` */
function reachableModules(out: (path: string) => string, packages: readonly string[]): Map<string, string> {
  const modules = new Map<string, string>()
  const visit = (path: string): void => {
    if (modules.has(path)) return
    const text = out(path)
    modules.set(path, text)
    for (const { moduleRequest } of parseSync(path, text).module.staticImports) {
      const specifier = moduleRequest.value
      if (specifier.startsWith('.')) visit(join(dirname(path), specifier).replaceAll('\\', '/'))
      else if (!packages.includes(specifier))
        throw new Error(`${path} imports ${specifier}, which the published client does not bring along.`)
    }
  }
  visit(`${entry}.js`)
  return modules
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

if (process.env['npm_command'] === 'publish') {
  // npm would tell the registry of the server's dependencies, which it reads from the project's own package.json.
  process.stderr.write('Publish the tarball, not the project: npm pack && npm publish ./holdfast-*.tgz\n')
  process.exitCode = 1
} else {
  build()
}
