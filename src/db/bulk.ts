import { getTableColumns } from 'drizzle-orm'
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'
import type { QueryResult, QueryResultRow } from 'pg'
import type { Queryable } from './pool.ts'

/**
 * Bulk statements for the hot paths: prepared once per connection, with any number of rows as one JSON parameter. A
 * batch of orders costs one round trip and one plan, whatever its size.
 */

/** A prepared statement. Each connection prepares it on first use under `name`, which must be unique in the program. */
export const statement =
  <Row extends QueryResultRow = QueryResultRow>(name: string, text: string) =>
  (query: Queryable, ...values: unknown[]): Promise<QueryResult<Row>> =>
    query.$client.query<Row>({ name, text, values })

/**
 * Select list that disables planner methods until the end of the transaction. For transactions whose statements all
 * find their rows by an index: from the statistics of a small table the planner would choose a method that gets slow
 * when the table has grown.
 */
export const plannedWithout = (...plans: readonly ('seqscan' | 'bitmapscan' | 'sort' | 'hashjoin' | 'mergejoin')[]) =>
  plans.map((plan) => `set_config('enable_${plan}', 'off', true)`).join(', ')

type NameOf<Table extends PgTable> = keyof Table['_']['columns'] & string

/**
 * Bulk INSERT of all columns but those of `omit`, which take their defaults. Rows have drizzle's property names and
 * types.
 */
export function bulkInsert<Table extends PgTable, Omitted extends NameOf<Table> = never>(
  table: Table,
  { omit = [], onConflict = '' }: { omit?: readonly Omitted[]; onConflict?: '' | 'on conflict do nothing' } = {},
) {
  const columns = keptColumns(table, omit)
  const run = statement(
    `insert ${nameOf(table)} ${omit.join(' ')}`,
    `insert into ${nameOf(table)} (${columns.map(({ name }) => name).join(', ')})
     select ${columns.map(({ key }) => `r."${key}"`).join(', ')}
     from json_to_recordset($1::json) as r(${columns.map(({ key, type }) => `"${key}" ${type}`).join(', ')}) ${onConflict}`,
  )
  return async (query: Queryable, rows: readonly Omit<Table['$inferInsert'], Omitted>[]): Promise<void> => {
    if (rows.length > 0) await run(query, JSON.stringify(rows))
  }
}

/** Bulk UPDATE: sets the columns `set` of each row found by its column `key`. */
export function bulkUpdate<Table extends PgTable, Key extends NameOf<Table>, Set extends NameOf<Table>>(
  table: Table,
  { key, set }: { key: Key; set: readonly Set[] },
) {
  type Row = Pick<Table['$inferSelect'], Key | Set>
  const columns = columnsOf(table).filter((column) => column.key === key || set.some((name) => name === column.key))
  const assignments = columns
    .filter((column) => column.key !== key)
    .map((column) => `${column.name} = r."${column.key}"`)
  const run = statement(
    `update ${nameOf(table)} ${set.join(' ')}`.slice(0, 63),
    `update ${nameOf(table)} t set ${assignments.join(', ')}
     from json_to_recordset($1::json) as r(${columns.map((column) => `"${column.key}" ${column.type}`).join(', ')})
     where t.${columns.find((column) => column.key === key)?.name} = r."${key}"`,
  )
  const pick = (row: Row) => Object.fromEntries([key, ...set].map((name) => [name, row[name]]))
  return async (query: Queryable, rows: readonly Row[]): Promise<void> => {
    if (rows.length > 0) await run(query, JSON.stringify(rows.map((row) => pick(row))))
  }
}

/** Select list `alias.column as "key"`: rows have the property names that drizzle gives them. */
export const selectList = <Table extends PgTable>(table: Table, alias: string, omit: readonly NameOf<Table>[] = []) =>
  keptColumns(table, omit)
    .map(({ key, name }) => `${alias}.${name} as "${key}"`)
    .join(', ')

/** SQL that builds a row as one JSON object; timestamps become text. */
export const jsonObject = <Table extends PgTable>(table: Table, alias: string, omit: readonly NameOf<Table>[] = []) =>
  `json_build_object(${keptColumns(table, omit)
    .map(({ key, name }) => `'${key}', ${alias}.${name}`)
    .join(', ')})`

const keptColumns = (table: PgTable, omit: readonly string[]) =>
  columnsOf(table).filter(({ key }) => !omit.includes(key))

const columnsOf = (table: PgTable) =>
  Object.entries(getTableColumns(table)).map(([key, column]) => ({
    key,
    name: `"${column.name}"`,
    type: column.getSQLType(),
  }))

function nameOf(table: PgTable): string {
  const { schema = 'public', name } = getTableConfig(table)
  return `"${schema}"."${name}"`
}
