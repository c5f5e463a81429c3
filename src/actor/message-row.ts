import { sql, type SQL } from 'drizzle-orm'

/** SQL shared by the staff's views of messages: pending ones and dead letters. */

export interface MessageHead {
  id: number
  kind: string
  actorId: string
  /** Of its payload; null where that cannot be read. */
  type: string | null
  attempts: number
  createdAt: string
}

export interface MessageFilter {
  kind?: string | undefined
  actorId?: string | undefined
}

/** A timestamp column as ISO 8601 text in UTC, with microseconds. */
export const isoTimestamp = (column: SQL): SQL =>
  sql`to_char(${column} at time zone 'UTC', ${sql.raw(`'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`)})`

export const bigintArray = (ids: readonly number[]): SQL => sql`${sql.param(ids)}::bigint[]`

export const matchesFilter = ({ kind, actorId }: MessageFilter): SQL => sql`
  ${kind === undefined ? sql`true` : sql`kind = ${kind}`} and ${actorId === undefined ? sql`true` : sql`actor_id = ${actorId}`}`
