CREATE TABLE "user"."audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "user"."audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor_id" uuid NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb NOT NULL,
	"request_id" text NOT NULL,
	CONSTRAINT "audit_detail" CHECK (octet_length("user"."audit"."detail"::text) <= 4096)
);
--> statement-breakpoint
CREATE INDEX "audit_subject" ON "user"."audit" USING btree ("subject","id");--> statement-breakpoint
CREATE INDEX "audit_actor" ON "user"."audit" USING btree ("actor_id","id");
--> statement-breakpoint
create function "user".refuse_audit_change() returns trigger language plpgsql as $$
begin raise exception '"user".audit is append-only'; end $$;
--> statement-breakpoint
create trigger append_only before update or delete or truncate on "user".audit for each statement execute function "user".refuse_audit_change();
