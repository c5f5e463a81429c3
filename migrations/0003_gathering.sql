-- Nothing was released before this migration: the keys of the table it replaces may go.
drop table actor.idempotency;
--> statement-breakpoint
create table actor.idempotency (
  slot smallint not null,
  key_hash text not null,
  fingerprint text not null,
  reply json,
  expires_at timestamptz not null,
  primary key (slot, key_hash)
) partition by list (slot);
--> statement-breakpoint
create table actor.idempotency_0 partition of actor.idempotency for values in (0);
--> statement-breakpoint
create table actor.idempotency_1 partition of actor.idempotency for values in (1);
--> statement-breakpoint
create table actor.idempotency_2 partition of actor.idempotency for values in (2);
--> statement-breakpoint
create table actor.idempotency_3 partition of actor.idempotency for values in (3);
--> statement-breakpoint
DROP INDEX "order"."cart_updated";
--> statement-breakpoint
DROP INDEX "order"."cart_user";
--> statement-breakpoint
DROP INDEX "order"."orders_user";
--> statement-breakpoint
CREATE INDEX "cart_user" ON "order"."cart" USING btree ("user_id") WHERE user_id is not null;
--> statement-breakpoint
CREATE INDEX "cart_touched" ON "order"."cart" USING brin ("updated_at");
--> statement-breakpoint
CREATE INDEX "orders_user" ON "order"."orders" USING btree ("user_id","placed_at","id") WHERE user_id is not null;
