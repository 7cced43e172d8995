-- +goose Up
-- add to table: "reports"
ALTER TABLE `reports` ADD COLUMN `stale_reason` text NOT NULL DEFAULT ('');
ALTER TABLE `reports` ADD COLUMN `stale_at` datetime NULL;
ALTER TABLE `reports` ADD COLUMN `version` integer NOT NULL DEFAULT (1);
ALTER TABLE `reports` ADD COLUMN `input_hash` text NOT NULL DEFAULT ('');
ALTER TABLE `reports` ADD COLUMN `facts_hash` text NOT NULL DEFAULT ('');
ALTER TABLE `reports` ADD COLUMN `previous_id` uuid NULL CONSTRAINT `reports_reports_refreshed` REFERENCES `reports` (`id`) ON DELETE SET NULL;
-- create index "report_input_hash_created_at" to table: "reports"
CREATE INDEX `report_input_hash_created_at` ON `reports` (`input_hash`, `created_at`);
-- create index "report_previous_id" to table: "reports"
CREATE INDEX `report_previous_id` ON `reports` (`previous_id`);
-- create "entries" table
CREATE TABLE `entries` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `company` text NOT NULL, `attribute` text NOT NULL, `apart` text NOT NULL, `denies` bool NOT NULL, `value` json NULL, `confidence` real NOT NULL, `version` integer NOT NULL, `fact_id` uuid NOT NULL, CONSTRAINT `entries_facts_fact` FOREIGN KEY (`fact_id`) REFERENCES `facts` (`id`) ON DELETE CASCADE);
-- create index "entry_company_attribute_confidence_fact_id" to table: "entries"
CREATE INDEX `entry_company_attribute_confidence_fact_id` ON `entries` (`company`, `attribute`, `confidence`, `fact_id`);
-- create index "entry_fact_id" to table: "entries"
CREATE INDEX `entry_fact_id` ON `entries` (`fact_id`);
-- create index "entry_version" to table: "entries"
CREATE INDEX `entry_version` ON `entries` (`version`);

-- +goose Down
-- reverse: create "entries" table
DROP TABLE `entries`;
-- reverse: create index "report_previous_id" to table: "reports"
DROP INDEX `report_previous_id`;
-- reverse: create index "report_input_hash_created_at" to table: "reports"
DROP INDEX `report_input_hash_created_at`;
-- reverse: add to table: "reports"
ALTER TABLE `reports` DROP COLUMN `previous_id`;
ALTER TABLE `reports` DROP COLUMN `facts_hash`;
ALTER TABLE `reports` DROP COLUMN `input_hash`;
ALTER TABLE `reports` DROP COLUMN `version`;
ALTER TABLE `reports` DROP COLUMN `stale_at`;
ALTER TABLE `reports` DROP COLUMN `stale_reason`;
