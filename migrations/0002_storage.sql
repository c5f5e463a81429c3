-- Rows that come and go, or change with every order: vacuumed early, with room for updates within the page.
alter table actor.mailbox set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint
alter table actor.idempotency set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
--> statement-breakpoint
alter table product.stock set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint
alter table "order".orders set (fillfactor = 80);
--> statement-breakpoint
alter table "order".payment set (fillfactor = 80);
--> statement-breakpoint
alter table "order".cart set (fillfactor = 80);
--> statement-breakpoint
create function product.refuse_movement_change() returns trigger language plpgsql as $$
begin raise exception 'product.stock_movement is append-only'; end $$;
--> statement-breakpoint
create trigger append_only before update or delete on product.stock_movement for each row execute function product.refuse_movement_change();
