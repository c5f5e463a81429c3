import { sql } from 'drizzle-orm'
import type { Queryable } from '#db'

/**
 * What answers are made from: `product` a product's page, `list` what cards, search and related products show,
 * `category` the tree and its names.
 */
export type CatalogTag = 'product' | 'list' | 'category'

/**
 * Tells the caches of all processes, with the caller's commit, that answers made from these are old. The rows are locked
 * sorted, and after everything else. What orders do to stock is not told: answers are renewed every few seconds anyway,
 * and placing looks at the stock itself.
 */
export async function bumpVersions(tx: Queryable, tags: readonly CatalogTag[]): Promise<void> {
  if (tags.length === 0) return
  await tx.execute(sql`
    insert into product.catalog_version as known (tag, version)
    select tag, 1 from unnest(${sql.param([...tags])}::text[]) as tag order by tag
    on conflict (tag) do update set version = known.version + 1`)
}

/** The version of each tag; those that never changed are absent, which counts as 0. */
export async function readVersions(query: Queryable): Promise<Map<string, number>> {
  const { rows } = await query.execute<{ tag: string; version: number }>(
    sql`select tag, version from product.catalog_version`,
  )
  return new Map(rows.map(({ tag, version }) => [tag, version]))
}
