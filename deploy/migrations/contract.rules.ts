/** What a migration takes away from the programs that run beside it. */
export interface Contraction {
  rule: string
  /** Table as `schema.table`; undefined for a whole schema. */
  table: string | undefined
  schema: string | undefined
  column: string | undefined
}

/** Tables of a release with their columns, by `schema.table`. */
export type Shape = ReadonlyMap<string, ReadonlySet<string>>

/** Rules of squawk that say that a shape is taken away from its readers or writers. */
export const contractRules: ReadonlySet<string> = new Set([
  'adding-not-nullable-field',
  'adding-required-field',
  'ban-drop-column',
  'ban-drop-table',
  'ban-truncate-cascade',
  'changing-column-type',
  'renaming-column',
  'renaming-table',
])

const name = String.raw`"?(\w+)"?`
const table = String.raw`(?:"?(\w+)"?\s*\.\s*)?"?(\w+)"?`
const alterTable = new RegExp(String.raw`\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?${table}`, 'i')
const dropTable = new RegExp(String.raw`\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?${table}`, 'i')
const changedColumn = new RegExp(
  String.raw`\b(?:DROP|ALTER|RENAME)\s+(?:COLUMN\s+)?(?:IF\s+EXISTS\s+)?${name}`,
  'i',
)
const movedSchema = /\bALTER\s+TABLE\b[^;]*\bSET\s+SCHEMA\b/i
const lostSchema = new RegExp(String.raw`\b(?:DROP\s+SCHEMA\s+(?:IF\s+EXISTS\s+)?|ALTER\s+SCHEMA\s+)${name}`, 'i')

/** What squawk has no rule for: a table moved to another schema, a schema dropped or renamed. */
export function schemaContractions(sql: string): Contraction[] {
  return sql.split(';').flatMap((statement): Contraction[] => {
    if (movedSchema.test(statement)) return [contractionOf('moving-table', statement)]
    const schema = lostSchema.exec(statement)?.[1]
    return schema === undefined ? [] : [{ rule: 'losing-schema', table: undefined, schema, column: undefined }]
  })
}

/** Reads the table and the column out of the statement that squawk points at. */
export function contractionOf(rule: string, statement: string, part = ''): Contraction {
  const found = alterTable.exec(statement) ?? dropTable.exec(statement)
  const isColumn = !/table/.test(rule) && rule !== 'adding-required-field'
  return {
    rule,
    table: found?.[2] === undefined ? undefined : `${found[1] ?? 'public'}.${found[2]}`,
    schema: found?.[1],
    column: isColumn ? changedColumn.exec(part)?.[1] : undefined,
  }
}

/** Whether the previous release uses what is taken away. What cannot be read out of the statement counts as used. */
export function isUsed({ table: key, schema, column }: Contraction, previous: Shape): boolean {
  if (key === undefined)
    return schema === undefined || [...previous.keys()].some((used) => used.startsWith(`${schema}.`))
  const columns = previous.get(key)
  return columns !== undefined && (column === undefined || columns.has(column))
}
