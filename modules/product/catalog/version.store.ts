import { sql } from 'drizzle-orm'
import type { Queryable } from '#db'

/**
 * Cache tag of catalog responses: `product` for a product page, `list` for lists, search and related products,
 * `category` for the category tree and its names.
 */
export type CatalogTag = 'product' | 'list' | 'category'

/**
 * Cache invalidation: with the caller's commit, responses with these tags become stale in every process. The rows are
 * locked in the order of tags and after everything else. Orders do not invalidate anything when they move stock: cached
 * responses expire within seconds, and placing an order reads the stock itself.
 */
export async function bumpVersions(tx: Queryable, tags: readonly CatalogTag[]): Promise<void> {
  if (tags.length === 0) return
  await tx.execute(sql`
    insert into product.catalog_version as known (tag, version)
    select tag, 1 from unnest(${sql.param([...tags])}::text[]) as tag order by tag
    on conflict (tag) do update set version = known.version + 1`)
}

/** Version of each tag. A tag that never changed is absent, which counts as 0. */
export async function readVersions(query: Queryable): Promise<Map<string, number>> {
  const { rows } = await query.execute<{ tag: string; version: number }>(
    sql`select tag, version from product.catalog_version`,
  )
  return new Map(rows.map(({ tag, version }) => [tag, version]))
}
