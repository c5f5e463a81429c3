create function "order".refuse_ledger_change() returns trigger language plpgsql as $$
begin raise exception 'order.ledger_entry is append-only'; end $$;
--> statement-breakpoint
create trigger append_only before update or delete on "order".ledger_entry for each row execute function "order".refuse_ledger_change();
--> statement-breakpoint
-- The entries of one movement are inserted by one statement, or none of them: two amounts of one currency that sum to zero.
create function "order".refuse_unbalanced() returns trigger language plpgsql as $$
begin
  if exists (select 1 from fresh group by order_id, movement_id having sum(amount_minor) <> 0 or count(distinct currency) <> 1) then
    raise exception 'entries of order.ledger_entry do not balance';
  end if;
  return null;
end $$;
--> statement-breakpoint
create trigger balanced after insert on "order".ledger_entry referencing new table as fresh for each statement execute function "order".refuse_unbalanced();
--> statement-breakpoint
-- What was captured and refunded (always whole) before there was a ledger.
update "order".payment p set captured_minor = o.total_minor
from "order".orders o where o.id = p.order_id and p.intent_id is not null and o.payment_status in ('captured', 'refunded');
--> statement-breakpoint
insert into "order".refund (order_id, id, intent_id, amount_minor, reason, status, provider_refund_id, requested_at, settled_at)
select o.id, 'before-' || o.id, p.intent_id, o.total_minor, 'cancelled', 'succeeded', 'before-' || o.id, o.updated_at, o.updated_at
from "order".orders o join "order".payment p on p.order_id = o.id
where o.payment_status = 'refunded' and p.intent_id is not null;
--> statement-breakpoint
update "order".orders set has_records = true where payment_status = 'refunded';
--> statement-breakpoint
insert into "order".ledger_entry (order_id, movement_id, account, kind, currency, amount_minor, at)
select p.order_id, 'capture:' || p.intent_id, e.account, 'capture', o.currency, e.sign * p.captured_minor, o.updated_at
from "order".payment p join "order".orders o on o.id = p.order_id
cross join (values ('provider', 1), ('sales', -1)) as e(account, sign)
where p.captured_minor is not null and p.captured_minor > 0;
--> statement-breakpoint
insert into "order".ledger_entry (order_id, movement_id, account, kind, currency, amount_minor, at)
select r.order_id, 'refund:' || r.id, e.account, 'refund', o.currency, e.sign * r.amount_minor, o.updated_at
from "order".refund r join "order".orders o on o.id = r.order_id
cross join (values ('refunds', 1), ('provider', -1)) as e(account, sign) where r.amount_minor > 0;
