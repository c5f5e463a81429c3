import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { contractionOf, contractRules, isUsed, schemaContractions, type Shape } from './contract.rules.ts'

const execute = promisify(execFile)
const repository = fileURLToPath(new URL('../..', import.meta.url))
const squawk = fileURLToPath(new URL('../node_modules/.bin/squawk', import.meta.url))

export interface MigrationProblem {
  file: string
  message: string
  remedy: string
}

const previousSchema = z.object({
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  /** While nothing is released the baselines may be edited in place. */
  isReleased: z.boolean(),
  migrations: z.array(z.string()).min(1),
})

export type PreviousRelease = z.output<typeof previousSchema>

const findingsSchema = z.array(
  z.object({
    line: z.number(),
    column: z.number(),
    line_end: z.number(),
    column_end: z.number(),
    message: z.string(),
    help: z.string().nullable(),
    rule_name: z.string(),
  }),
)

const snapshotSchema = z.object({
  tables: z.record(
    z.string(),
    z.object({ name: z.string(), schema: z.string(), columns: z.record(z.string(), z.unknown()) }),
  ),
})

/** Style, and time limits, which belong to the connection of the migrator. */
const excluded = [
  'prefer-robust-stmts',
  'prefer-bigint-over-int',
  'prefer-identity',
  'prefer-text-field',
  'prefer-timestamp-tz',
  'require-lock-timeout',
  'require-statement-timeout',
].join(',')

/**
 * Lints the migrations that are newer than the previous release, and refuses those that take away what its code, which
 * runs beside the new one during a deploy, still uses.
 */
export async function checkMigrations(
  options: { root?: string; previous?: PreviousRelease } = {},
): Promise<{ ok: boolean; problems: MigrationProblem[] }> {
  const { root = repository } = options
  const previous =
    options.previous ??
    previousSchema.parse(JSON.parse(await readFile(join(root, 'deploy/previous-release.json'), 'utf8')))
  const files = (await readdir(join(root, 'migrations'))).filter((file) => file.endsWith('.sql')).toSorted()
  const released = new Set(previous.migrations.map((tag) => `${tag}.sql`))
  const newer = files.filter((file) => !released.has(file))
  const problems: MigrationProblem[] = [...released]
    .filter((file) => !files.includes(file))
    .map((file) => ({ file, message: 'is a migration of the previous release and is gone.', remedy: 'Restore it.' }))

  if (newer.length > 0 || previous.isReleased) {
    const commit = `${previous.commit}^{commit}`
    const isPresent = await git(root, 'cat-file', '-e', commit).then(
      () => true,
      () => false,
    )
    if (!isPresent) {
      problems.push({
        file: 'deploy/previous-release.json',
        message: `names commit ${previous.commit}, which this clone does not have: what the previous release uses is unknown.`,
        remedy: `Fetch it: git fetch origin ${previous.commit}, or git fetch --unshallow.`,
      })
      return { ok: false, problems }
    }
    if (previous.isReleased) {
      for (const file of files.filter((name) => released.has(name))) {
        const [then, now] = await Promise.all([
          git(root, 'show', `${previous.commit}:migrations/${file}`),
          readFile(join(root, 'migrations', file), 'utf8'),
        ])
        if (then !== now)
          problems.push({
            file,
            message: 'was edited after its release: databases that have run it would not get the change.',
            remedy: 'Restore it, and write a new migration.',
          })
      }
    }
    const shape = newer.length > 0 ? await shapeOf(root, previous) : new Map<string, Set<string>>()
    for (const file of newer) problems.push(...(await problemsOf(join(root, 'migrations', file), file, shape)))
  }
  return { ok: problems.length === 0, problems }
}

async function git(root: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute('git', ['-C', root, ...args], { maxBuffer: 64 * 2 ** 20 })
  return stdout
}

/** Tables and columns of the previous release: drizzle-kit wrote its snapshot from the schemas its code uses. */
async function shapeOf(root: string, { commit, migrations }: PreviousRelease): Promise<Shape> {
  const number = migrations.at(-1)?.split('_')[0] ?? ''
  const text = await git(root, 'show', `${commit}:migrations/meta/${number}_snapshot.json`)
  const { tables } = snapshotSchema.parse(JSON.parse(text))
  return new Map(
    Object.values(tables).map((table) => [
      `${table.schema === '' ? 'public' : table.schema}.${table.name}`,
      new Set(Object.keys(table.columns)),
    ]),
  )
}

async function lint(path: string): Promise<z.output<typeof findingsSchema>> {
  const args = ['--pg-version', '17', '--assume-in-transaction', '--reporter', 'json', '--exclude', excluded, path]
  const stdout = await execute(squawk, args).then(
    (result) => result.stdout,
    (error: unknown) => {
      // It exits with 1 when it finds something.
      if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout !== '')
        return error.stdout
      throw error
    },
  )
  return findingsSchema.parse(JSON.parse(stdout))
}

const used = 'The previous release, which runs beside this one during a deploy, still uses it.'
const later = 'Expand in this release (add, write both, read the new), and contract in a later one.'

async function problemsOf(path: string, file: string, previous: Shape): Promise<MigrationProblem[]> {
  const sql = await readFile(path, 'utf8')
  const lines = sql.split('\n')
  const offset = (line: number, column: number): number =>
    lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0) + column
  const problems = (await lint(path)).flatMap((finding): MigrationProblem[] => {
    const at = offset(finding.line, finding.column)
    const end = offset(finding.line_end, finding.column_end)
    const where = `line ${finding.line + 1}: ${finding.message} (${finding.rule_name})`
    if (!contractRules.has(finding.rule_name))
      return [{ file, message: where, remedy: finding.help ?? 'See the rule in the documentation of squawk.' }]
    // From the statement's beginning to the end of what the finding points at.
    const statement = sql.slice(sql.lastIndexOf(';', at - 1) + 1, end)
    const start = statement.length - (end - at)
    const part = finding.rule_name === 'ban-drop-column' || finding.rule_name === 'renaming-column'
      ? statement.slice(start)
      : statement.slice(statement.search(/\bALTER\s+(?:COLUMN\b|"?\w+"?\s+(?:SET|TYPE))/i))
    const contraction = contractionOf(finding.rule_name, statement, part)
    return isUsed(contraction, previous) ? [{ file, message: `${where} ${used}`, remedy: later }] : []
  })
  const lost = schemaContractions(sql)
    .filter((contraction) => isUsed(contraction, previous))
    .map(({ rule }) => ({ file, message: `takes away a table's schema (${rule}). ${used}`, remedy: later }))
  const silenced = /squawk-ignore/.test(sql)
    ? [{ file, message: 'silences squawk.', remedy: 'Remove the squawk-ignore comment.' }]
    : []
  return [...problems, ...lost, ...silenced]
}
