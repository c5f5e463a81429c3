import { dirname, join, normalize, relative } from 'node:path/posix'
import { parseSync, Visitor, type ESTree } from 'vite'

/** Where declarations come from. Paths are the project's own, such as `src/rpc/client.d.ts`. */
export interface DeclarationSource {
  read(path: string): string
  /** Doors such as `#shapes`, and the declarations behind them. */
  doors: ReadonlyMap<string, string>
  /** Packages that may be imported. */
  packages: readonly string[]
  /** What stands for a type that zod infers, by path and name: `src/shapes.d.ts#Money`. */
  inferred: ReadonlyMap<string, string>
}

/**
 * The part of the declarations that `entry` needs, by path, free of doors.
 * @throws Error naming what reaches a package that may not be imported
 */
export function reachable(entry: string, source: DeclarationSource): Map<string, string> {
  const files = new Map<string, DeclarationFile>()
  const open = (path: string): DeclarationFile => {
    const file = files.get(path) ?? readDeclarations(path, source)
    files.set(path, file)
    return file
  }

  function keep(file: DeclarationFile, statement: Statement): void {
    if (file.kept.has(statement)) return
    file.kept.add(statement)
    for (const name of statement.needs) {
      const own = file.declared.get(name)
      const imported = file.imports.get(name)
      if (own !== undefined) keep(file, own)
      else if (imported !== undefined) follow(file, imported)
      if (own === undefined && imported !== undefined) file.keptImports.add(name)
    }
    for (const link of statement.links) follow(file, link)
  }

  function follow(file: DeclarationFile, { specifier, name }: Reference): void {
    const path = pathOf(file.path, specifier, source)
    if (path === undefined) return
    const target = open(path)
    const statement = target.exported.get(name)
    if (statement === undefined) throw new Error(`${file.path}: ${specifier} exports no ${name}.`)
    keep(target, statement)
  }

  const first = open(entry)
  for (const statement of first.statements) keep(first, statement)
  return new Map([...files].map(([path, file]) => [path, print(file, source)]))
}

interface Reference {
  specifier: string
  name: string
}

/** A specifier as it stands in the text. */
interface Link extends Reference {
  start: number
  end: number
}

interface Statement {
  text: string
  /** Offset of `text` in its file. */
  start: number
  end: number
  /** Names of the same file that it uses. */
  needs: Set<string>
  links: Link[]
}

interface DeclarationFile {
  path: string
  statements: Statement[]
  declared: Map<string, Statement>
  exported: Map<string, Statement>
  imports: Map<string, Reference>
  kept: Set<Statement>
  keptImports: Set<string>
}

function readDeclarations(path: string, { read, inferred }: DeclarationSource): DeclarationFile {
  const text = read(path)
  const { program, errors } = parseSync(path, text)
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`)
  const file: DeclarationFile = {
    path,
    statements: [],
    declared: new Map(),
    exported: new Map(),
    imports: new Map(),
    kept: new Set(),
    keptImports: new Set(),
  }
  let end = 0
  for (const node of program.body) {
    // From the end of the one before, so that its comment comes along.
    const statement: Statement = {
      text: text.slice(end, node.end),
      start: end,
      end: node.end,
      needs: new Set(),
      links: [],
    }
    end = node.end
    if (node.type === 'ImportDeclaration') {
      for (const specifier of node.specifiers)
        file.imports.set(specifier.local.name, { specifier: node.source.value, name: importedName(specifier) })
      continue
    }
    file.statements.push(statement)
    enter(file, node, statement, inferred)
  }
  collectUses(program, file.statements)
  return file
}

function enter(
  file: DeclarationFile,
  node: ESTree.Program['body'][number],
  statement: Statement,
  inferred: DeclarationSource['inferred'],
): void {
  const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node
  if (node.type === 'ExportNamedDeclaration') {
    for (const { local, exported } of node.specifiers) {
      const name = nameOf(local)
      file.exported.set(nameOf(exported), statement)
      if (node.source === null) statement.needs.add(name)
      else statement.links.push({ specifier: node.source.value, name, start: node.source.start, end: node.source.end })
    }
  }
  for (const name of declaredNames(declaration)) {
    file.declared.set(name, statement)
    if (declaration !== node) file.exported.set(name, statement)
    const type = inferred.get(`${file.path}#${name}`)
    if (type === undefined || declaration?.type !== 'TSTypeAliasDeclaration') continue
    const { start } = declaration.typeAnnotation
    statement.text = `${statement.text.slice(0, start - statement.start)}${type};`
    // What stood there is gone, and with it its uses.
    statement.end = start
  }
}

function declaredNames(node: ESTree.Program['body'][number] | ESTree.Declaration | null): string[] {
  switch (node?.type) {
    case 'VariableDeclaration':
      return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return [node.id.name]
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'ClassDeclaration':
      return node.id === null ? [] : [node.id.name]
    default:
      return []
  }
}

function collectUses(program: ESTree.Program, statements: Statement[]): void {
  const use = (name: string, at: number): void =>
    void statements.find(({ start, end }) => at >= start && at < end)?.needs.add(name)
  new Visitor({
    TSTypeReference: ({ typeName, start }) => use(leftmost(typeName), start),
    TSTypeQuery: ({ exprName, start }) => exprName.type !== 'TSImportType' && use(leftmost(exprName), start),
    TSInterfaceHeritage: ({ expression, start }) => expression.type === 'Identifier' && use(expression.name, start),
    TSImportType({ source, qualifier }) {
      const link = {
        specifier: source.value,
        name: qualifier === null ? '' : leftmost(qualifier),
        start: source.start,
        end: source.end,
      }
      statements.find(({ start, end }) => source.start >= start && source.start < end)?.links.push(link)
    },
  }).visit(program)
}

function leftmost(name: ESTree.TSTypeName | ESTree.TSImportTypeQualifier): string {
  if (name.type === 'Identifier') return name.name
  return name.type === 'TSQualifiedName' ? leftmost(name.left) : ''
}

const nameOf = (name: ESTree.ModuleExportName): string => (name.type === 'Literal' ? name.value : name.name)

function importedName(specifier: ESTree.ImportDeclaration['specifiers'][number]): string {
  if (specifier.type === 'ImportSpecifier') return nameOf(specifier.imported)
  throw new Error(`import * and default imports are not published: ${specifier.local.name}`)
}

/** @returns undefined for a package */
function pathOf(from: string, specifier: string, { doors, packages }: DeclarationSource): string | undefined {
  const path = specifier.startsWith('.') ? join(dirname(from), specifier) : doors.get(specifier)
  if (path !== undefined) return normalize(path).replace(/\.ts$/, '.d.ts')
  const isAllowed = packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))
  if (!isAllowed) throw new Error(`${from} reaches ${specifier}, which the published client does not bring along.`)
  return undefined
}

function print(file: DeclarationFile, source: DeclarationSource): string {
  const published = (specifier: string): string => {
    const path = pathOf(file.path, specifier, source)
    if (path === undefined) return `'${specifier}'`
    const way = relative(dirname(file.path), path).replace(/\.d\.ts$/, '.js')
    return way.startsWith('.') ? `'${way}'` : `'./${way}'`
  }
  const named = [...file.keptImports].map((local) => {
    const { specifier, name } = file.imports.get(local) ?? { specifier: '', name: '' }
    return { from: published(specifier), name: name === local ? name : `${name} as ${local}` }
  })
  const imports = [...Map.groupBy(named, ({ from }) => from)].map(
    ([from, names]) => `import type { ${names.map(({ name }) => name).join(', ')} } from ${from};`,
  )
  const statements = file.statements
    .filter((statement) => file.kept.has(statement))
    .map(({ text, start, links }) => {
      // From the last to the first, so that offsets hold; an export list has one specifier for many names.
      const places = new Map(links.map((link) => [link.start, link]))
      return [...places.values()]
        .toSorted((a, b) => b.start - a.start)
        .reduce(
          (printed, link) =>
            printed.slice(0, link.start - start) + published(link.specifier) + printed.slice(link.end - start),
          text,
        )
        .trim()
    })
  return `${[...imports, ...statements].join('\n')}\n`
}
