-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_facts" table
CREATE TABLE `new_facts` (`id` uuid NOT NULL, `company` text NOT NULL, `url` text NOT NULL, `category` text NOT NULL, `statement` text NOT NULL, `quote` text NOT NULL, `span` json NOT NULL, `headings` json NULL, `attribute` text NULL, `subject` text NULL, `value` text NULL, `measure` json NULL, `value_kind` text NULL, `number` real NULL, `unit` text NULL, `qualifiers` json NULL, `confidence` real NOT NULL, `method` text NOT NULL, `model` text NULL, `fingerprint` text NOT NULL, `status` text NOT NULL DEFAULT ('ACTIVE'), `first_seen_at` datetime NOT NULL, `last_seen_at` datetime NOT NULL, `snapshot_id` uuid NOT NULL, `profile_id` uuid NOT NULL, `page_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `facts_snapshots_snapshot` FOREIGN KEY (`snapshot_id`) REFERENCES `snapshots` (`id`) ON DELETE CASCADE, CONSTRAINT `facts_profiles_profile` FOREIGN KEY (`profile_id`) REFERENCES `profiles` (`id`) ON DELETE CASCADE, CONSTRAINT `facts_pages_facts` FOREIGN KEY (`page_id`) REFERENCES `pages` (`id`) ON DELETE CASCADE);
-- copy rows from old table "facts" to new temporary table "new_facts"
INSERT INTO `new_facts` (`id`, `company`, `url`, `category`, `statement`, `quote`, `span`, `headings`, `attribute`, `value`, `qualifiers`, `confidence`, `method`, `model`, `fingerprint`, `status`, `first_seen_at`, `last_seen_at`, `snapshot_id`, `profile_id`, `page_id`) SELECT `id`, `company`, `url`, `category`, `statement`, `quote`, `span`, `headings`, `attribute`, `value`, `qualifiers`, `confidence`, `method`, `model`, `fingerprint`, `status`, `first_seen_at`, `last_seen_at`, `snapshot_id`, `profile_id`, `page_id` FROM `facts`;
-- drop "facts" table after copying rows
DROP TABLE `facts`;
-- rename temporary table "new_facts" to "facts"
ALTER TABLE `new_facts` RENAME TO `facts`;
-- create index "fact_page_id_profile_id_fingerprint" to table: "facts"
CREATE UNIQUE INDEX `fact_page_id_profile_id_fingerprint` ON `facts` (`page_id`, `profile_id`, `fingerprint`);
-- create index "fact_company_category" to table: "facts"
CREATE INDEX `fact_company_category` ON `facts` (`company`, `category`);
-- create index "fact_category" to table: "facts"
CREATE INDEX `fact_category` ON `facts` (`category`);
-- create index "fact_profile_id" to table: "facts"
CREATE INDEX `fact_profile_id` ON `facts` (`profile_id`);
-- create index "fact_snapshot_id" to table: "facts"
CREATE INDEX `fact_snapshot_id` ON `facts` (`snapshot_id`);
-- create index "fact_first_seen_at" to table: "facts"
CREATE INDEX `fact_first_seen_at` ON `facts` (`first_seen_at`);
-- create index "fact_attribute" to table: "facts"
CREATE INDEX `fact_attribute` ON `facts` (`attribute`);
-- create index "fact_unit_number" to table: "facts"
CREATE INDEX `fact_unit_number` ON `facts` (`unit`, `number`);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "fact_unit_number" to table: "facts"
DROP INDEX `fact_unit_number`;
-- reverse: create index "fact_attribute" to table: "facts"
DROP INDEX `fact_attribute`;
-- reverse: create index "fact_first_seen_at" to table: "facts"
DROP INDEX `fact_first_seen_at`;
-- reverse: create index "fact_snapshot_id" to table: "facts"
DROP INDEX `fact_snapshot_id`;
-- reverse: create index "fact_profile_id" to table: "facts"
DROP INDEX `fact_profile_id`;
-- reverse: create index "fact_category" to table: "facts"
DROP INDEX `fact_category`;
-- reverse: create index "fact_company_category" to table: "facts"
DROP INDEX `fact_company_category`;
-- reverse: create index "fact_page_id_profile_id_fingerprint" to table: "facts"
DROP INDEX `fact_page_id_profile_id_fingerprint`;
-- reverse: create "new_facts" table
DROP TABLE `new_facts`;
