CREATE TABLE "product"."catalog_version" (
	"tag" text PRIMARY KEY NOT NULL,
	"version" bigint NOT NULL
);
