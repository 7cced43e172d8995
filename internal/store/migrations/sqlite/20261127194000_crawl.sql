-- +goose Up
-- Columns are added one by one: made anew, a table would lose its handmade
-- indexes, and dropping the old one would delete what refers to it.
ALTER TABLE `job_items` ADD COLUMN `score` integer NOT NULL DEFAULT 0;
ALTER TABLE `job_items` ADD COLUMN `canonical_of` text NULL;
ALTER TABLE `job_items` ADD COLUMN `pattern` text NOT NULL DEFAULT '';
ALTER TABLE `job_items` ADD COLUMN `sitemaps` json NULL;
ALTER TABLE `pages` ADD COLUMN `simhash` integer NOT NULL DEFAULT 0;
ALTER TABLE `pages` ADD COLUMN `numbers` text NOT NULL DEFAULT '';
ALTER TABLE `rate_limits` ADD COLUMN `robots_meta` bool NULL;
ALTER TABLE `rate_limits` ADD COLUMN `adaptive_delay_ms` integer NOT NULL DEFAULT 0;
ALTER TABLE `rate_limits` ADD COLUMN `refusals` integer NOT NULL DEFAULT 0;
-- create "aliases" table
CREATE TABLE `aliases` (`url` text NOT NULL, `seen_at` datetime NOT NULL, `page_id` uuid NOT NULL, PRIMARY KEY (`url`), CONSTRAINT `aliases_pages_aliases` FOREIGN KEY (`page_id`) REFERENCES `pages` (`id`) ON DELETE CASCADE);
-- create index "alias_page_id" to table: "aliases"
CREATE INDEX `alias_page_id` ON `aliases` (`page_id`);
-- create "patterns" table
CREATE TABLE `patterns` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `shape` text NOT NULL, `simhash` integer NOT NULL DEFAULT (0), `repeats` integer NOT NULL DEFAULT (0), `ended` bool NOT NULL DEFAULT (false), `job_id` uuid NOT NULL, CONSTRAINT `patterns_jobs_patterns` FOREIGN KEY (`job_id`) REFERENCES `jobs` (`id`) ON DELETE CASCADE);
-- create index "pattern_job_id_shape" to table: "patterns"
CREATE UNIQUE INDEX `pattern_job_id_shape` ON `patterns` (`job_id`, `shape`);
-- the best of a job in a lane; see internal/queue
CREATE INDEX "x_jobitem_scored" ON "job_items" ("lane", "job_id", "score" DESC, "turn") WHERE state = 'READY' AND score > 0;
-- what a pattern that has ended still holds
CREATE INDEX "x_jobitem_pattern" ON "job_items" ("job_id", "pattern") WHERE state IN ('READY', 'WAITING') AND pattern <> '';
-- pages whose texts are nearly alike: equal numbers, and one of four parts of the SimHash equal
CREATE INDEX "x_page_simhash_0" ON "pages" ("numbers", (simhash & 65535)) WHERE simhash <> 0;
CREATE INDEX "x_page_simhash_1" ON "pages" ("numbers", ((simhash >> 16) & 65535)) WHERE simhash <> 0;
CREATE INDEX "x_page_simhash_2" ON "pages" ("numbers", ((simhash >> 32) & 65535)) WHERE simhash <> 0;
CREATE INDEX "x_page_simhash_3" ON "pages" ("numbers", ((simhash >> 48) & 65535)) WHERE simhash <> 0;

-- +goose Down
DROP INDEX "x_page_simhash_3";
DROP INDEX "x_page_simhash_2";
DROP INDEX "x_page_simhash_1";
DROP INDEX "x_page_simhash_0";
DROP INDEX "x_jobitem_pattern";
DROP INDEX "x_jobitem_scored";
DROP TABLE `patterns`;
DROP TABLE `aliases`;
ALTER TABLE `rate_limits` DROP COLUMN `refusals`;
ALTER TABLE `rate_limits` DROP COLUMN `adaptive_delay_ms`;
ALTER TABLE `rate_limits` DROP COLUMN `robots_meta`;
ALTER TABLE `pages` DROP COLUMN `numbers`;
ALTER TABLE `pages` DROP COLUMN `simhash`;
ALTER TABLE `job_items` DROP COLUMN `sitemaps`;
ALTER TABLE `job_items` DROP COLUMN `pattern`;
ALTER TABLE `job_items` DROP COLUMN `canonical_of`;
ALTER TABLE `job_items` DROP COLUMN `score`;
