import { sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import type { Queryable } from '#db'
import type { CategoryDraft, Text } from '../draft.contract.ts'

/** Reason why a category was rejected; `parent` is the parent it names. */
export type CategoryRejection = { slug: string; reason: 'parent_unknown' | 'parent_within_itself'; parent: string }

export interface SavedCategories {
  /** Ids of all categories, by slug. */
  ids: Map<string, string>
  /** Products whose search documents name a changed category. */
  affectedProductIds: string[]
  /** Number of categories written. */
  changed: number
  rejections: CategoryRejection[]
}

interface CategoryRow {
  [column: string]: unknown
  id: string
  slug: string
  name: Text
  parent: string | null
  position: number
}

/** Saves the categories that differ from the stored ones, in the caller's transaction. A dry run writes nothing. */
export async function saveCategories(
  tx: Queryable,
  drafts: CategoryDraft[],
  { isDryRun = false }: { isDryRun?: boolean } = {},
): Promise<SavedCategories> {
  const { rows } = await tx.execute<CategoryRow>(sql`
    select c.id, c.slug, c.name, p.slug as parent, c.position from product.category c left join product.category p on p.id = c.parent_id`)
  const stored = new Map(rows.map((row) => [row.slug, row]))
  const { accepted, rejections } = checkParents(drafts, new Map(rows.map(({ slug, parent }) => [slug, parent])))
  const ids = new Map(rows.map(({ id, slug }) => [slug, id]))
  for (const { slug } of accepted) if (!ids.has(slug)) ids.set(slug, uuidv7())
  const changed = accepted.filter((draft) => !isSame(stored.get(draft.slug), draft))
  if (changed.length === 0 || isDryRun) return { ids, affectedProductIds: [], changed: changed.length, rejections }

  await tx.execute(sql`
    insert into product.category (id, slug, name, parent_id, position)
    select id, slug, name, parent_id, position
    from jsonb_to_recordset(${JSON.stringify(
      changed.map(({ slug, name, parent, position }) => ({
        id: ids.get(slug),
        slug,
        name,
        parent_id: parent === null ? null : ids.get(parent),
        position,
      })),
    )}::jsonb) as c(id uuid, slug text, name jsonb, parent_id uuid, position int)
    on conflict (slug) do update set name = excluded.name, parent_id = excluded.parent_id, position = excluded.position`)
  const renamed = changed.filter(({ slug }) => stored.has(slug)).map(({ slug }) => slug)
  return { ids, affectedProductIds: await productIdsInBranch(tx, renamed), changed: changed.length, rejections }
}

const isSame = (row: CategoryRow | undefined, { name, parent, position }: CategoryDraft): boolean =>
  row !== undefined &&
  row.name.en === name.en &&
  row.name.zh === name.zh &&
  row.parent === parent &&
  row.position === position

/** Rejects drafts with an unknown parent or in a cycle, and with each its descendants. */
function checkParents(drafts: CategoryDraft[], stored: Map<string, string | null>) {
  const rejections: CategoryRejection[] = []
  let accepted = [...new Map(drafts.map((draft) => [draft.slug, draft])).values()]
  for (let isSettled = false; !isSettled;) {
    const parents = new Map([...stored, ...accepted.map(({ slug, parent }) => [slug, parent] as const)])
    const reasons = new Map(accepted.map((draft) => [draft, parentRejectionReason(draft, parents)]))
    for (const [{ slug, parent }, reason] of reasons)
      if (reason !== null && parent !== null) rejections.push({ slug, reason, parent })
    const kept = accepted.filter((draft) => reasons.get(draft) === null)
    isSettled = kept.length === accepted.length
    accepted = kept
  }
  return { accepted, rejections }
}

function parentRejectionReason(
  { slug, parent }: CategoryDraft,
  parents: Map<string, string | null>,
): CategoryRejection['reason'] | null {
  const visited = new Set([slug])
  for (let ancestor = parent; ancestor !== null;) {
    if (visited.has(ancestor)) return 'parent_within_itself'
    visited.add(ancestor)
    const next = parents.get(ancestor)
    if (next === undefined) return 'parent_unknown'
    ancestor = next
  }
  return null
}

async function productIdsInBranch(tx: Queryable, slugs: string[]): Promise<string[]> {
  if (slugs.length === 0) return []
  const { rows } = await tx.execute<{ id: string }>(sql`
    with recursive branch as (
      select id from product.category where slug = any(${sql.param(slugs)}::text[])
      union select c.id from product.category c join branch b on c.parent_id = b.id
    ) select distinct product_id as id from product.product_category join branch on branch.id = category_id`)
  return rows.map(({ id }) => id)
}
