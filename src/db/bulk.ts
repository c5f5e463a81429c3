import { getTableColumns } from 'drizzle-orm'
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'
import type { QueryResult, QueryResultRow } from 'pg'
import type { Queryable } from './pool.ts'

/**
 * Statements of the hot paths: written once, prepared once a connection, and taking any number of rows as one JSON
 * parameter. A batch of orders costs one round trip and one plan, whatever its size.
 */

/** A statement that is prepared under `name` (unique in the program) on each connection that runs it. */
export const statement =
  <Row extends QueryResultRow = QueryResultRow>(name: string, text: string) =>
  (query: Queryable, ...values: unknown[]): Promise<QueryResult<Row>> =>
    query.$client.query<Row>({ name, text, values })

/** To be selected first in a transaction: the rest of it is planned without these, which are right for other sizes alone. */
export const plannedWithout = (...plans: readonly ('seqscan' | 'bitmapscan' | 'sort' | 'hashjoin' | 'mergejoin')[]) =>
  plans.map((plan) => `set_config('enable_${plan}', 'off', true)`).join(', ')

type NameOf<Table extends PgTable> = keyof Table['_']['columns'] & string

/** Inserts rows with all columns but those of `omit`, which take their defaults. Values are as drizzle gives them. */
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

/** Sets the columns of `set` in the rows that have the same `key`. */
export function bulkUpdate<Table extends PgTable, Key extends NameOf<Table>, Set extends NameOf<Table>>(
  table: Table,
  { key, set }: { key: Key; set: readonly Set[] },
) {
  type Row = Pick<Table['$inferSelect'], Key | Set>
  const wanted = columnsOf(table).filter((column) => column.key === key || set.some((name) => name === column.key))
  const clauses = wanted.filter((column) => column.key !== key).map((column) => `${column.name} = r."${column.key}"`)
  const run = statement(
    `update ${nameOf(table)} ${set.join(' ')}`.slice(0, 63),
    `update ${nameOf(table)} t set ${clauses.join(', ')}
     from json_to_recordset($1::json) as r(${wanted.map((column) => `"${column.key}" ${column.type}`).join(', ')})
     where t.${wanted.find((column) => column.key === key)?.name} = r."${key}"`,
  )
  const only = (row: Row) => Object.fromEntries([key, ...set].map((name) => [name, row[name]]))
  return async (query: Queryable, rows: readonly Row[]): Promise<void> => {
    if (rows.length > 0) await run(query, JSON.stringify(rows.map((row) => only(row))))
  }
}

/** `alias.column as "key"` of each column: rows come as drizzle would give them. */
export const selectList = <Table extends PgTable>(table: Table, alias: string, omit: readonly NameOf<Table>[] = []) =>
  keptColumns(table, omit)
    .map(({ key, name }) => `${alias}.${name} as "${key}"`)
    .join(', ')

/** The row as a JSON object; moments are texts in it. */
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
