-- +goose Up
-- add column "blocks" to table: "pages"
ALTER TABLE `pages` ADD COLUMN `blocks` blob NULL;
-- drop index "page_domain" from table: "pages"
DROP INDEX `page_domain`;
-- create index "page_domain_content_hash" to table: "pages"
CREATE INDEX `page_domain_content_hash` ON `pages` (`domain`, `content_hash`);
-- add column "anchors" to table: "snapshots"
ALTER TABLE `snapshots` ADD COLUMN `anchors` json NULL;
-- add column "anchor" to table: "facts"
ALTER TABLE `facts` ADD COLUMN `anchor` text NULL;
-- add column "block" to table: "facts"
ALTER TABLE `facts` ADD COLUMN `block` integer NULL;
-- create "boilerplates" table
CREATE TABLE `boilerplates` (`id` text NOT NULL, `blocks` blob NULL, PRIMARY KEY (`id`));

-- +goose Down
-- reverse: create "boilerplates" table
DROP TABLE `boilerplates`;
-- reverse: add column "block" to table: "facts"
ALTER TABLE `facts` DROP COLUMN `block`;
-- reverse: add column "anchor" to table: "facts"
ALTER TABLE `facts` DROP COLUMN `anchor`;
-- reverse: add column "anchors" to table: "snapshots"
ALTER TABLE `snapshots` DROP COLUMN `anchors`;
-- reverse: create index "page_domain_content_hash" to table: "pages"
DROP INDEX `page_domain_content_hash`;
-- reverse: drop index "page_domain" from table: "pages"
CREATE INDEX `page_domain` ON `pages` (`domain`);
-- reverse: add column "blocks" to table: "pages"
ALTER TABLE `pages` DROP COLUMN `blocks`;
