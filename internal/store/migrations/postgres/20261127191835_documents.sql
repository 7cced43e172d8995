-- +goose Up
-- modify "facts" table
ALTER TABLE "facts" ADD COLUMN "anchor" character varying NULL, ADD COLUMN "block" bigint NULL;
-- drop index "page_domain" from table: "pages"
DROP INDEX "page_domain";
-- modify "pages" table
ALTER TABLE "pages" ADD COLUMN "blocks" bytea NULL;
-- create index "page_domain_content_hash" to table: "pages"
CREATE INDEX "page_domain_content_hash" ON "pages" ("domain", "content_hash");
-- modify "snapshots" table
ALTER TABLE "snapshots" ADD COLUMN "anchors" jsonb NULL;
-- create "boilerplates" table
CREATE TABLE "boilerplates" ("id" character varying NOT NULL, "blocks" bytea NULL, PRIMARY KEY ("id"));

-- +goose Down
-- reverse: create "boilerplates" table
DROP TABLE "boilerplates";
-- reverse: modify "snapshots" table
ALTER TABLE "snapshots" DROP COLUMN "anchors";
-- reverse: create index "page_domain_content_hash" to table: "pages"
DROP INDEX "page_domain_content_hash";
-- reverse: modify "pages" table
ALTER TABLE "pages" DROP COLUMN "blocks";
-- reverse: drop index "page_domain" from table: "pages"
CREATE INDEX "page_domain" ON "pages" ("domain");
-- reverse: modify "facts" table
ALTER TABLE "facts" DROP COLUMN "block", DROP COLUMN "anchor";
