CREATE SCHEMA "actor";
--> statement-breakpoint
CREATE TABLE "actor"."dead_letter" (
	"id" bigint PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"version" integer NOT NULL,
	"payload" jsonb NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"reason" text NOT NULL,
	"dead_lettered_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "actor"."mailbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "actor"."mailbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"version" integer NOT NULL,
	"payload" jsonb NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"lease" uuid,
	"leased_until" timestamp with time zone,
	"traceparent" text
);
--> statement-breakpoint
CREATE INDEX "mailbox_actor" ON "actor"."mailbox" USING btree ("kind","actor_id","id");--> statement-breakpoint
CREATE INDEX "mailbox_due" ON "actor"."mailbox" USING btree ("kind","due_at");
--> statement-breakpoint
-- Rows that come and go: vacuumed early, with room for updates within the page.
alter table actor.mailbox set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint
-- Stored replies by idempotency key, in four partitions of 12 h used in rotation: an expired one is truncated.
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
