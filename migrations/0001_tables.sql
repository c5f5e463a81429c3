CREATE SCHEMA "actor";
--> statement-breakpoint
CREATE SCHEMA "order";
--> statement-breakpoint
CREATE SCHEMA "product";
--> statement-breakpoint
CREATE SCHEMA "user";
--> statement-breakpoint
CREATE TABLE "actor"."idempotency" (
	"key_hash" text PRIMARY KEY NOT NULL,
	"fingerprint" text NOT NULL,
	"reply" json,
	"expires_at" timestamp with time zone NOT NULL
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
	"leased_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "actor"."parked" (
	"id" bigint PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"version" integer NOT NULL,
	"payload" jsonb NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"reason" text NOT NULL,
	"parked_at" timestamp with time zone DEFAULT now() NOT NULL
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
CREATE TABLE "order"."order_event" (
	"order_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"event" text NOT NULL,
	"detail" text,
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
	"version" integer NOT NULL,
	"currency" text NOT NULL,
	"locale" text NOT NULL,
	"email" text NOT NULL,
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
	"action_url" text
);
--> statement-breakpoint
CREATE TABLE "product"."category" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" jsonb NOT NULL,
	"parent_id" uuid,
	"position" integer NOT NULL,
	CONSTRAINT "category_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "product"."product" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"status" text NOT NULL,
	"brand" text,
	"title" jsonb NOT NULL,
	"description" jsonb NOT NULL,
	"media" jsonb NOT NULL,
	"options" jsonb NOT NULL,
	"attributes" jsonb NOT NULL,
	"price_from" jsonb NOT NULL,
	"content_hash" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "product_slug_unique" UNIQUE("slug"),
	CONSTRAINT "product_status" CHECK (status in ('draft', 'active', 'archived'))
);
--> statement-breakpoint
CREATE TABLE "product"."product_category" (
	"product_id" uuid NOT NULL,
	"category_id" uuid NOT NULL,
	"position" integer NOT NULL,
	CONSTRAINT "product_category_product_id_category_id_pk" PRIMARY KEY("product_id","category_id")
);
--> statement-breakpoint
CREATE TABLE "product"."search_document" (
	"product_id" uuid PRIMARY KEY NOT NULL,
	"document" "tsvector" NOT NULL,
	"named" "tsvector" NOT NULL,
	"title_length" integer NOT NULL,
	"brand" text,
	"category_ids" uuid[] NOT NULL,
	"price_from" jsonb NOT NULL,
	"terms" text[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "product"."search_term" (
	"term" text PRIMARY KEY NOT NULL,
	"documents" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "product"."stock" (
	"sku" text PRIMARY KEY NOT NULL,
	"product_id" uuid,
	"available" integer NOT NULL,
	"reserved" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "stock_available" CHECK (available >= 0),
	CONSTRAINT "stock_reserved" CHECK (reserved >= 0)
);
--> statement-breakpoint
CREATE TABLE "product"."stock_movement" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "product"."stock_movement_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"sku" text NOT NULL,
	"kind" text NOT NULL,
	"quantity" integer NOT NULL,
	"reference" text NOT NULL,
	"reason" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stock_movement_quantity" CHECK (quantity <> 0),
	CONSTRAINT "stock_movement_kind" CHECK (kind in ('initial', 'restocked', 'adjusted', 'returned', 'sold'))
);
--> statement-breakpoint
CREATE TABLE "product"."variant" (
	"id" uuid PRIMARY KEY NOT NULL,
	"product_id" uuid NOT NULL,
	"sku" text NOT NULL,
	"position" integer NOT NULL,
	"values" jsonb NOT NULL,
	"prices" jsonb NOT NULL,
	"compare_at" jsonb NOT NULL,
	CONSTRAINT "variant_sku_unique" UNIQUE("sku")
);
--> statement-breakpoint
CREATE TABLE "user"."account" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text,
	"locale" text NOT NULL,
	"role" text DEFAULT 'customer' NOT NULL,
	"password_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "account_email_unique" UNIQUE("email"),
	CONSTRAINT "account_role" CHECK ("user"."account"."role" in ('customer', 'staff'))
);
--> statement-breakpoint
CREATE TABLE "user"."session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "session_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
ALTER TABLE "product"."category" ADD CONSTRAINT "category_parent_id_category_id_fk" FOREIGN KEY ("parent_id") REFERENCES "product"."category"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product"."product_category" ADD CONSTRAINT "product_category_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "product"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product"."product_category" ADD CONSTRAINT "product_category_category_id_category_id_fk" FOREIGN KEY ("category_id") REFERENCES "product"."category"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product"."search_document" ADD CONSTRAINT "search_document_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "product"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product"."stock" ADD CONSTRAINT "stock_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "product"."product"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product"."variant" ADD CONSTRAINT "variant_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "product"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user"."session" ADD CONSTRAINT "session_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "user"."account"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idempotency_expires" ON "actor"."idempotency" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "mailbox_actor" ON "actor"."mailbox" USING btree ("kind","actor_id","id");--> statement-breakpoint
CREATE INDEX "mailbox_due" ON "actor"."mailbox" USING btree ("kind","due_at");--> statement-breakpoint
CREATE INDEX "cart_user" ON "order"."cart" USING btree ("user_id","updated_at");--> statement-breakpoint
CREATE INDEX "cart_updated" ON "order"."cart" USING btree ("updated_at");--> statement-breakpoint
CREATE UNIQUE INDEX "orders_number" ON "order"."orders" USING btree ("number");--> statement-breakpoint
CREATE UNIQUE INDEX "orders_cart" ON "order"."orders" USING btree ("cart_id");--> statement-breakpoint
CREATE INDEX "orders_user" ON "order"."orders" USING btree ("user_id","placed_at","id");--> statement-breakpoint
CREATE INDEX "orders_placed" ON "order"."orders" USING btree ("placed_at","id");--> statement-breakpoint
CREATE INDEX "product_newest" ON "product"."product" USING btree ("id") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "product_title_en" ON "product"."product" USING btree ((left(coalesce(title ->> 'en', title ->> 'zh'), 60) collate "en-x-icu"),"id") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "product_title_zh" ON "product"."product" USING btree ((left(coalesce(title ->> 'zh', title ->> 'en'), 60) collate "zh-x-icu"),"id") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "product_category_category" ON "product"."product_category" USING btree ("category_id","product_id");--> statement-breakpoint
CREATE INDEX "search_document_document" ON "product"."search_document" USING gin ("document");--> statement-breakpoint
CREATE INDEX "search_term_prefix" ON "product"."search_term" USING btree ("term" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "search_term_similar" ON "product"."search_term" USING gin ("term" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "stock_product" ON "product"."stock" USING btree ("product_id");--> statement-breakpoint
CREATE INDEX "stock_movement_sku" ON "product"."stock_movement" USING btree ("sku","id");--> statement-breakpoint
CREATE INDEX "variant_product" ON "product"."variant" USING btree ("product_id","position");--> statement-breakpoint
CREATE INDEX "session_account_id" ON "user"."session" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "session_expires_at" ON "user"."session" USING btree ("expires_at");