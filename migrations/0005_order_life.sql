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
ALTER TABLE "order"."order_event" ADD COLUMN "role" text;--> statement-breakpoint
ALTER TABLE "order"."order_event" ADD COLUMN "user_id" uuid;--> statement-breakpoint
ALTER TABLE "order"."order_event" ADD COLUMN "is_internal" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "order"."orders" ADD COLUMN "has_records" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "order"."payment" ADD COLUMN "capture" text DEFAULT 'now' NOT NULL;--> statement-breakpoint
ALTER TABLE "order"."payment" ADD COLUMN "held_minor" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "order"."payment" ADD COLUMN "captured_minor" bigint;--> statement-breakpoint
ALTER TABLE "order"."payment" ADD COLUMN "fee_minor" bigint;--> statement-breakpoint
CREATE INDEX "fulfilment_at" ON "order"."fulfilment" USING btree ("at");--> statement-breakpoint
CREATE INDEX "ledger_entry_at" ON "order"."ledger_entry" USING brin ("at");--> statement-breakpoint
CREATE INDEX "reconciliation_run_finished" ON "order"."reconciliation_run" USING btree ("finished_at","id");--> statement-breakpoint
CREATE INDEX "payment_intent" ON "order"."payment" USING btree ("intent_id") WHERE intent_id is not null;