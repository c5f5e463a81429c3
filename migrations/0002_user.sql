CREATE SCHEMA "user";
--> statement-breakpoint
CREATE TABLE "user"."account" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text,
	"locale" text NOT NULL,
	"role" text DEFAULT 'customer' NOT NULL,
	"password_hash" text NOT NULL,
	"password_expires_at" timestamp with time zone,
	"is_demo" boolean DEFAULT false NOT NULL,
	"disabled_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "account_email_unique" UNIQUE("email"),
	CONSTRAINT "account_role" CHECK ("user"."account"."role" in ('customer', 'staff'))
);
--> statement-breakpoint
CREATE TABLE "user"."audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "user"."audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor_id" uuid NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb NOT NULL,
	"request_id" text,
	CONSTRAINT "audit_detail" CHECK (octet_length("user"."audit"."detail"::text) <= 4096)
);
--> statement-breakpoint
CREATE TABLE "user"."session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"device" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "session_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
ALTER TABLE "user"."session" ADD CONSTRAINT "session_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "user"."account"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_subject" ON "user"."audit" USING btree ("subject","id");--> statement-breakpoint
CREATE INDEX "audit_actor" ON "user"."audit" USING btree ("actor_id","id");--> statement-breakpoint
CREATE INDEX "session_account_id" ON "user"."session" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "session_expires_at" ON "user"."session" USING btree ("expires_at");
--> statement-breakpoint
create function "user".reject_audit_change() returns trigger language plpgsql as $$
begin raise exception '"user".audit is append-only'; end $$;
--> statement-breakpoint
create trigger append_only before update or delete or truncate on "user".audit for each statement execute function "user".reject_audit_change();
