import { statement, type Queryable } from '#db'

/** What came of the latest orders of one network, account or e-mail address. */
export interface Standing {
  /**
   * Attempts to pay that came to nothing: declined, cancelled by the buyer, abandoned at the bank or until the deadline. An
   * unpaid order that has ended counts for as many as it had times the units of a large order, at most 9: two such orders
   * could otherwise keep all stock of a SKU from others again and again.
   */
  failed: number
  /** Orders that still wait for their payment. */
  open: number
  /** Time until the earliest of them leaves the window, s. */
  seconds: number
}

export const windowSeconds = 15 * 60

/** Bounded by its index: at most the latest 50 orders of the window, so that a crowd behind one address costs no more. */
const standingBy = (kind: string, condition: string) =>
  statement<Standing>(
    `standing by ${kind}`,
    `with latest as (
       select o.id, o.placed_at, o.status = 'placed' as is_open,
         o.status <> 'placed' and o.payment_status <> 'refunded' as is_unpaid,
         case o.status
           when 'placed' then o.payment_status = 'declined'
             or (o.payment_status = 'requires_action' and o.placed_at < now() - interval '3 minutes')
           when 'cancelling' then o.cancelled_by in ('buyer', 'deadline')
           when 'cancelled' then o.cancelled_by in ('buyer', 'deadline')
           else false
         end as is_failed
       from "order".orders o
       where ${condition} and o.placed_at > now() - make_interval(secs => ${windowSeconds})
       order by o.placed_at desc limit 50)
     select coalesce(sum(greatest(p.attempt, case when is_unpaid then (
         select least(9, max(l.quantity) / $2::int) from "order".order_line l where l.order_id = latest.id) end))
       filter (where is_failed), 0)::int as failed,
       count(*) filter (where is_open)::int as open,
       coalesce(ceil(${windowSeconds} - extract(epoch from now() - min(placed_at) filter (where is_failed or is_open))), 0)::int
         as seconds
     from latest join "order".payment p on p.order_id = latest.id`,
  )

const statements = {
  network: standingBy('network', 'o.source = $1'),
  account: standingBy('account', 'o.user_id = $1'),
  email: standingBy('email', 'lower(o.email) = lower($1)'),
}
export type StandingKind = keyof typeof statements

export async function readStanding(
  query: Queryable,
  kind: StandingKind,
  { value, largeUnits }: { value: string; largeUnits: number },
): Promise<Standing> {
  const { rows } = await statements[kind](query, value, largeUnits)
  return rows[0] ?? { failed: 0, open: 0, seconds: 0 }
}
