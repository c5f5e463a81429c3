CREATE SCHEMA "order";
--> statement-breakpoint
CREATE TABLE "order"."cancellation" (
	"order_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"lines" jsonb NOT NULL,
	"reason" text NOT NULL,
	"refund_id" text,
	CONSTRAINT "cancellation_order_id_id_pk" PRIMARY KEY("order_id","id")
);
--> statement-breakpoint
CREATE TABLE "order"."cart" (
	"id" uuid PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"currency" text NOT NULL,
	"locale" text NOT NULL,
	"user_id" uuid,
	"lines" jsonb NOT NULL,
	"order_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "order"."dispute" (
	"order_id" uuid NOT NULL,
	"id" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"fee_minor" bigint NOT NULL,
	"reason" text NOT NULL,
	"status" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	CONSTRAINT "dispute_order_id_id_pk" PRIMARY KEY("order_id","id")
);
--> statement-breakpoint
CREATE TABLE "order"."fulfilment" (
	"order_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"lines" jsonb NOT NULL,
	"carrier" text,
	"tracking_number" text,
	"tracking_url" text,
	CONSTRAINT "fulfilment_order_id_id_pk" PRIMARY KEY("order_id","id")
);
--> statement-breakpoint
CREATE TABLE "order"."ledger_entry" (
	"order_id" uuid NOT NULL,
	"movement_id" text NOT NULL,
	"account" text NOT NULL,
	"kind" text NOT NULL,
	"currency" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "ledger_entry_order_id_movement_id_account_pk" PRIMARY KEY("order_id","movement_id","account")
);
--> statement-breakpoint
CREATE TABLE "order"."order_event" (
	"order_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"event" text NOT NULL,
	"detail" text,
	"note" text,
	"role" text,
	"user_id" uuid,
	"is_internal" boolean DEFAULT false NOT NULL,
	CONSTRAINT "order_event_order_id_position_pk" PRIMARY KEY("order_id","position")
);
--> statement-breakpoint
CREATE TABLE "order"."order_line" (
	"order_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"sku" text NOT NULL,
	"product_id" uuid NOT NULL,
	"title" text NOT NULL,
	"quantity" integer NOT NULL,
	"unit_price_minor" bigint NOT NULL,
	CONSTRAINT "order_line_order_id_position_pk" PRIMARY KEY("order_id","position")
);
--> statement-breakpoint
CREATE TABLE "order"."orders" (
	"id" uuid PRIMARY KEY NOT NULL,
	"number" text NOT NULL,
	"cart_id" uuid NOT NULL,
	"user_id" uuid,
	"status" text NOT NULL,
	"payment_status" text NOT NULL,
	"fulfilment_status" text NOT NULL,
	"cancelled_by" text,
	"has_records" boolean DEFAULT false NOT NULL,
	"attention" jsonb,
	"last_sent_at" timestamp with time zone,
	"version" integer NOT NULL,
	"currency" text NOT NULL,
	"locale" text NOT NULL,
	"email" text NOT NULL,
	"source" text,
	"review_since" timestamp with time zone,
	"shipping_address" jsonb NOT NULL,
	"billing_address" jsonb,
	"shipping_option" jsonb NOT NULL,
	"items_minor" bigint NOT NULL,
	"discount_minor" bigint NOT NULL,
	"shipping_minor" bigint NOT NULL,
	"tax_minor" bigint NOT NULL,
	"tax_included" boolean NOT NULL,
	"total_minor" bigint NOT NULL,
	"payment_deadline" timestamp with time zone,
	"placed_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "order"."payment" (
	"order_id" uuid PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"method_id" text NOT NULL,
	"token" text,
	"intent_id" text,
	"attempt" integer NOT NULL,
	"wanted" text NOT NULL,
	"action_url" text,
	"capture" text DEFAULT 'now' NOT NULL,
	"held_minor" bigint DEFAULT 0 NOT NULL,
	"captured_minor" bigint,
	"fee_minor" bigint
);
--> statement-breakpoint
CREATE TABLE "order"."reconciliation_difference" (
	"run_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"kind" text NOT NULL,
	"movement" text NOT NULL,
	"order_id" uuid NOT NULL,
	"provider_id" text,
	"currency" text NOT NULL,
	"here_minor" bigint,
	"there_minor" bigint,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "reconciliation_difference_run_id_position_pk" PRIMARY KEY("run_id","position")
);
--> statement-breakpoint
CREATE TABLE "order"."reconciliation_run" (
	"id" uuid PRIMARY KEY NOT NULL,
	"window_from" timestamp with time zone NOT NULL,
	"window_to" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone NOT NULL,
	"here" integer NOT NULL,
	"there" integer NOT NULL,
	"differences" integer NOT NULL,
	"is_daily" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "order"."refund" (
	"order_id" uuid NOT NULL,
	"id" text NOT NULL,
	"intent_id" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"lines" jsonb,
	"shipping_minor" bigint DEFAULT 0 NOT NULL,
	"tax_minor" bigint DEFAULT 0 NOT NULL,
	"method" text DEFAULT 'provider' NOT NULL,
	"replaces" text,
	"reason" text NOT NULL,
	"status" text NOT NULL,
	"provider_refund_id" text,
	"failure" text,
	"requested_at" timestamp with time zone NOT NULL,
	"settled_at" timestamp with time zone,
	CONSTRAINT "refund_order_id_id_pk" PRIMARY KEY("order_id","id")
);
--> statement-breakpoint
CREATE TABLE "order"."order_return" (
	"order_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"lines" jsonb NOT NULL,
	"reason" text NOT NULL,
	"refund_id" text,
	CONSTRAINT "order_return_order_id_id_pk" PRIMARY KEY("order_id","id")
);
--> statement-breakpoint
CREATE INDEX "cart_user" ON "order"."cart" USING btree ("user_id") WHERE user_id is not null;--> statement-breakpoint
CREATE INDEX "cart_touched" ON "order"."cart" USING brin ("updated_at");--> statement-breakpoint
CREATE INDEX "ledger_entry_at" ON "order"."ledger_entry" USING brin ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "orders_number" ON "order"."orders" USING btree ("number");--> statement-breakpoint
CREATE UNIQUE INDEX "orders_cart" ON "order"."orders" USING btree ("cart_id");--> statement-breakpoint
CREATE INDEX "orders_user" ON "order"."orders" USING btree ("user_id","placed_at","id") WHERE user_id is not null;--> statement-breakpoint
CREATE INDEX "orders_placed" ON "order"."orders" USING btree ("placed_at","id");--> statement-breakpoint
CREATE INDEX "orders_email" ON "order"."orders" USING btree (lower("email") text_pattern_ops,"placed_at");--> statement-breakpoint
CREATE INDEX "orders_source" ON "order"."orders" USING btree ("source","placed_at") WHERE source is not null;--> statement-breakpoint
CREATE INDEX "orders_last_sent" ON "order"."orders" USING btree ("last_sent_at") WHERE last_sent_at is not null;--> statement-breakpoint
CREATE INDEX "orders_attention" ON "order"."orders" USING btree ("placed_at","id") WHERE attention is not null;--> statement-breakpoint
CREATE INDEX "payment_intent" ON "order"."payment" USING btree ("intent_id") WHERE intent_id is not null;--> statement-breakpoint
CREATE INDEX "reconciliation_run_finished" ON "order"."reconciliation_run" USING btree ("finished_at","id");
--> statement-breakpoint
-- Room for updates within the page.
alter table "order".orders set (fillfactor = 80);
--> statement-breakpoint
alter table "order".payment set (fillfactor = 80);
--> statement-breakpoint
alter table "order".cart set (fillfactor = 80);
--> statement-breakpoint
create function "order".reject_ledger_change() returns trigger language plpgsql as $$
begin raise exception 'order.ledger_entry is append-only'; end $$;
--> statement-breakpoint
create trigger append_only before update or delete on "order".ledger_entry for each row execute function "order".reject_ledger_change();
--> statement-breakpoint
create function "order".reject_event_change() returns trigger language plpgsql as $$
begin raise exception 'order.order_event is append-only'; end $$;
--> statement-breakpoint
create trigger append_only before update or delete or truncate on "order".order_event for each statement execute function "order".reject_event_change();
--> statement-breakpoint
-- One statement inserts all entries of a movement or none: amounts of one currency that sum to zero.
create function "order".reject_unbalanced() returns trigger language plpgsql as $$
begin
  if exists (select 1 from fresh group by order_id, movement_id having sum(amount_minor) <> 0 or count(distinct currency) <> 1) then
    raise exception 'entries of order.ledger_entry do not balance';
  end if;
  return null;
end $$;
--> statement-breakpoint
create trigger balanced after insert on "order".ledger_entry referencing new table as fresh for each statement execute function "order".reject_unbalanced();
