create extension if not exists pg_trgm;
--> statement-breakpoint
CREATE SCHEMA "product";
--> statement-breakpoint
CREATE TABLE "product"."catalog_version" (
	"tag" text PRIMARY KEY NOT NULL,
	"version" bigint NOT NULL
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
	CONSTRAINT "product_status" CHECK (status in ('draft', 'active', 'archived', 'unlisted'))
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
	"backordered" integer DEFAULT 0 NOT NULL,
	"policy" text DEFAULT 'tracked' NOT NULL,
	CONSTRAINT "stock_available" CHECK (available >= 0),
	CONSTRAINT "stock_reserved" CHECK (reserved >= 0),
	CONSTRAINT "stock_backordered" CHECK (backordered >= 0 and (backordered = 0 or available = 0)),
	CONSTRAINT "stock_policy" CHECK (policy in ('tracked', 'backorder', 'untracked'))
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
	"image" integer,
	CONSTRAINT "variant_sku_unique" UNIQUE("sku"),
	CONSTRAINT "variant_image" CHECK (image >= 0)
);
--> statement-breakpoint
ALTER TABLE "product"."category" ADD CONSTRAINT "category_parent_id_category_id_fk" FOREIGN KEY ("parent_id") REFERENCES "product"."category"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product"."product_category" ADD CONSTRAINT "product_category_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "product"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product"."product_category" ADD CONSTRAINT "product_category_category_id_category_id_fk" FOREIGN KEY ("category_id") REFERENCES "product"."category"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product"."search_document" ADD CONSTRAINT "search_document_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "product"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product"."stock" ADD CONSTRAINT "stock_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "product"."product"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product"."variant" ADD CONSTRAINT "variant_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "product"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "product_newest" ON "product"."product" USING btree ("id") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "product_title_en" ON "product"."product" USING btree ((left(coalesce(title ->> 'en', title ->> 'zh'), 60) collate "en-x-icu"),"id") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "product_title_zh" ON "product"."product" USING btree ((left(coalesce(title ->> 'zh', title ->> 'en'), 60) collate "zh-x-icu"),"id") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "product_category_category" ON "product"."product_category" USING btree ("category_id","product_id");--> statement-breakpoint
CREATE INDEX "search_document_document" ON "product"."search_document" USING gin ("document");--> statement-breakpoint
CREATE INDEX "search_term_prefix" ON "product"."search_term" USING btree ("term" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "search_term_similar" ON "product"."search_term" USING gin ("term" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "stock_product" ON "product"."stock" USING btree ("product_id");--> statement-breakpoint
CREATE INDEX "stock_movement_sku" ON "product"."stock_movement" USING btree ("sku","id");--> statement-breakpoint
CREATE INDEX "variant_product" ON "product"."variant" USING btree ("product_id","position");
--> statement-breakpoint
-- Changed by every order: vacuumed early, with room for updates within the page.
alter table product.stock set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint
create function product.reject_movement_change() returns trigger language plpgsql as $$
begin raise exception 'product.stock_movement is append-only'; end $$;
--> statement-breakpoint
create trigger append_only before update or delete on product.stock_movement for each row execute function product.reject_movement_change();
