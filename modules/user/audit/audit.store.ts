import { and, desc, eq, lt } from 'drizzle-orm'
import type { Queryable } from '#db'
import type { AuditRecord } from '../contract.ts'
import { audit } from '../schema.ts'

/** An action of staff. Contains only ids and figures, no secrets and no personal data, since it is kept forever. */
export interface AuditEntry {
  /** The account of the staff member. */
  actorId: string
  /** A stable name such as `dead_letter.retry`. */
  action: string
  /** The object of the action as `kind:id`, such as `message:42`. */
  subject: string
  /** At most 4 kB of JSON. */
  detail?: Record<string, unknown>
  requestId: string | null
}

/** Records actions. Must run in the transaction of the action, so that neither exists without the other. */
export async function recordAudit(tx: Queryable, ...entries: AuditEntry[]): Promise<void> {
  if (entries.length === 0) return
  await tx.insert(audit).values(entries.map(({ detail = {}, ...entry }) => ({ ...entry, detail })))
}

/** The newest records, or those before `before` (a record's id). */
export async function listAudit(
  query: Queryable,
  page: {
    action?: string | undefined
    actorId?: string | undefined
    subject?: string | undefined
    before: number | undefined
    limit: number
  },
): Promise<AuditRecord[]> {
  const { action, actorId, subject, before, limit } = page
  const rows = await query
    .select()
    .from(audit)
    .where(
      and(
        action === undefined ? undefined : eq(audit.action, action),
        actorId === undefined ? undefined : eq(audit.actorId, actorId),
        subject === undefined ? undefined : eq(audit.subject, subject),
        before === undefined ? undefined : lt(audit.id, before),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(limit)
  return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }))
}
