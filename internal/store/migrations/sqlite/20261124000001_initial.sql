-- +goose Up
-- create "facts" table
CREATE TABLE `facts` (`id` uuid NOT NULL, `company` text NOT NULL, `url` text NOT NULL, `category` text NOT NULL, `statement` text NOT NULL, `quote` text NOT NULL, `span` json NOT NULL, `headings` json NULL, `attribute` text NULL, `value` text NULL, `qualifiers` json NULL, `confidence` real NOT NULL, `method` text NOT NULL, `model` text NULL, `fingerprint` text NOT NULL, `status` text NOT NULL DEFAULT ('ACTIVE'), `first_seen_at` datetime NOT NULL, `last_seen_at` datetime NOT NULL, `snapshot_id` uuid NOT NULL, `profile_id` uuid NOT NULL, `page_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `facts_snapshots_snapshot` FOREIGN KEY (`snapshot_id`) REFERENCES `snapshots` (`id`) ON DELETE CASCADE, CONSTRAINT `facts_profiles_profile` FOREIGN KEY (`profile_id`) REFERENCES `profiles` (`id`) ON DELETE CASCADE, CONSTRAINT `facts_pages_facts` FOREIGN KEY (`page_id`) REFERENCES `pages` (`id`) ON DELETE CASCADE);
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
-- create "jobs" table
CREATE TABLE `jobs` (`id` uuid NOT NULL, `type` text NOT NULL, `status` text NOT NULL DEFAULT ('QUEUED'), `priority` text NOT NULL DEFAULT ('NORMAL'), `company` text NULL, `params` json NOT NULL, `result` json NULL, `total` integer NOT NULL DEFAULT (0), `done` integer NOT NULL DEFAULT (0), `failed` integer NOT NULL DEFAULT (0), `skipped` integer NOT NULL DEFAULT (0), `stored` integer NOT NULL DEFAULT (0), `fact_count` integer NOT NULL DEFAULT (0), `seq` integer NOT NULL DEFAULT (0), `error_code` text NULL, `error_message` text NULL, `idempotency_key` text NULL, `input_hash` text NULL, `created_at` datetime NOT NULL, `started_at` datetime NULL, `finished_at` datetime NULL, `parent_id` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `jobs_jobs_retries` FOREIGN KEY (`parent_id`) REFERENCES `jobs` (`id`) ON DELETE SET NULL);
-- create index "job_idempotency_key" to table: "jobs"
CREATE UNIQUE INDEX `job_idempotency_key` ON `jobs` (`idempotency_key`);
-- create index "job_status_created_at" to table: "jobs"
CREATE INDEX `job_status_created_at` ON `jobs` (`status`, `created_at`);
-- create index "job_created_at" to table: "jobs"
CREATE INDEX `job_created_at` ON `jobs` (`created_at`);
-- create index "job_parent_id" to table: "jobs"
CREATE INDEX `job_parent_id` ON `jobs` (`parent_id`);
-- create "job_events" table
CREATE TABLE `job_events` (`id` uuid NOT NULL, `seq` integer NOT NULL, `at` datetime NOT NULL, `kind` text NOT NULL, `message` text NULL, `job_id` uuid NOT NULL, `item_id` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `job_events_jobs_events` FOREIGN KEY (`job_id`) REFERENCES `jobs` (`id`) ON DELETE CASCADE, CONSTRAINT `job_events_job_items_item` FOREIGN KEY (`item_id`) REFERENCES `job_items` (`id`) ON DELETE CASCADE);
-- create index "jobevent_job_id_seq" to table: "job_events"
CREATE UNIQUE INDEX `jobevent_job_id_seq` ON `job_events` (`job_id`, `seq`);
-- create index "jobevent_item_id" to table: "job_events"
CREATE INDEX `jobevent_item_id` ON `job_events` (`item_id`);
-- create "job_items" table
CREATE TABLE `job_items` (`id` uuid NOT NULL, `url` text NOT NULL, `step` text NOT NULL, `state` text NOT NULL DEFAULT ('READY'), `outcome` text NULL, `reason` text NULL, `http_status` integer NULL, `depth` integer NOT NULL DEFAULT (0), `attempts` integer NOT NULL DEFAULT (0), `fact_count` integer NOT NULL DEFAULT (0), `facts_added` integer NOT NULL DEFAULT (0), `facts_removed` integer NOT NULL DEFAULT (0), `bytes` integer NOT NULL DEFAULT (0), `duration_ms` integer NOT NULL DEFAULT (0), `location` text NULL, `redirects` integer NOT NULL DEFAULT (0), `lane` text NOT NULL DEFAULT (''), `rank` integer NOT NULL DEFAULT (1), `turn` integer NOT NULL DEFAULT (0), `run_at` datetime NOT NULL, `lease` integer NOT NULL DEFAULT (0), `worker` text NULL, `created_at` datetime NOT NULL, `started_at` datetime NULL, `finished_at` datetime NULL, `job_id` uuid NOT NULL, `page_id` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `job_items_jobs_items` FOREIGN KEY (`job_id`) REFERENCES `jobs` (`id`) ON DELETE CASCADE, CONSTRAINT `job_items_pages_page` FOREIGN KEY (`page_id`) REFERENCES `pages` (`id`) ON DELETE SET NULL);
-- create index "jobitem_job_id_url" to table: "job_items"
CREATE UNIQUE INDEX `jobitem_job_id_url` ON `job_items` (`job_id`, `url`);
-- create index "jobitem_page_id" to table: "job_items"
CREATE INDEX `jobitem_page_id` ON `job_items` (`page_id`);
-- create "pages" table
CREATE TABLE `pages` (`id` uuid NOT NULL, `url` text NOT NULL, `domain` text NOT NULL, `company` text NOT NULL, `title` text NOT NULL DEFAULT (''), `status` text NOT NULL DEFAULT ('ACTIVE'), `language` text NOT NULL DEFAULT (''), `content_hash` text NOT NULL DEFAULT (''), `etag` text NOT NULL DEFAULT (''), `last_modified` text NOT NULL DEFAULT (''), `links` json NULL, `created_at` datetime NOT NULL, `fetched_at` datetime NOT NULL, `changed_at` datetime NOT NULL, `snapshot_id` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `pages_snapshots_snapshot` FOREIGN KEY (`snapshot_id`) REFERENCES `snapshots` (`id`) ON DELETE SET NULL);
-- create index "page_url" to table: "pages"
CREATE UNIQUE INDEX `page_url` ON `pages` (`url`);
-- create index "page_company" to table: "pages"
CREATE INDEX `page_company` ON `pages` (`company`);
-- create index "page_domain" to table: "pages"
CREATE INDEX `page_domain` ON `pages` (`domain`);
-- create index "page_fetched_at" to table: "pages"
CREATE INDEX `page_fetched_at` ON `pages` (`fetched_at`);
-- create index "page_snapshot_id" to table: "pages"
CREATE INDEX `page_snapshot_id` ON `pages` (`snapshot_id`);
-- create "profiles" table
CREATE TABLE `profiles` (`id` uuid NOT NULL, `name` text NOT NULL, `description` text NOT NULL DEFAULT (''), `categories` json NOT NULL, `focus` text NOT NULL DEFAULT (''), `depth` text NOT NULL DEFAULT ('DETAILED'), `instructions` text NOT NULL DEFAULT (''), `builtin` bool NOT NULL DEFAULT (false), `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "profile_name" to table: "profiles"
CREATE UNIQUE INDEX `profile_name` ON `profiles` (`name`);
-- create "rate_limits" table
CREATE TABLE `rate_limits` (`id` uuid NOT NULL, `domain` text NOT NULL, `delay_ms` integer NULL, `concurrency` integer NULL, `daily_limit` integer NULL, `crawl_delay_ms` integer NOT NULL DEFAULT (0), `used_today` integer NOT NULL DEFAULT (0), `used_total` integer NOT NULL DEFAULT (0), `day` text NOT NULL DEFAULT (''), `strikes` integer NOT NULL DEFAULT (0), `status` text NOT NULL DEFAULT ('OPEN'), `next_allowed_at` datetime NOT NULL, `backoff_until` datetime NULL, `updated_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "ratelimit_domain" to table: "rate_limits"
CREATE UNIQUE INDEX `ratelimit_domain` ON `rate_limits` (`domain`);
-- create "reports" table
CREATE TABLE `reports` (`id` uuid NOT NULL, `type` text NOT NULL, `title` text NOT NULL, `companies` json NOT NULL, `categories` json NULL, `format` text NOT NULL DEFAULT ('MARKDOWN'), `body` text NOT NULL, `data` json NULL, `stale` bool NOT NULL DEFAULT (false), `created_at` datetime NOT NULL, `job_id` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `reports_jobs_reports` FOREIGN KEY (`job_id`) REFERENCES `jobs` (`id`) ON DELETE SET NULL);
-- create index "report_created_at" to table: "reports"
CREATE INDEX `report_created_at` ON `reports` (`created_at`);
-- create index "report_job_id" to table: "reports"
CREATE INDEX `report_job_id` ON `reports` (`job_id`);
-- create "snapshots" table
CREATE TABLE `snapshots` (`id` uuid NOT NULL, `text` text NOT NULL, `hash` text NOT NULL, `fetched_at` datetime NOT NULL, `http_status` integer NOT NULL, `fetcher` text NOT NULL DEFAULT ('HTTP'), `page_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `snapshots_pages_snapshots` FOREIGN KEY (`page_id`) REFERENCES `pages` (`id`) ON DELETE CASCADE);
-- create index "snapshot_page_id_hash" to table: "snapshots"
CREATE UNIQUE INDEX `snapshot_page_id_hash` ON `snapshots` (`page_id`, `hash`);
-- create "workers" table
CREATE TABLE `workers` (`id` text NOT NULL, `seen_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create "report_facts" table
CREATE TABLE `report_facts` (`report_id` uuid NOT NULL, `fact_id` uuid NOT NULL, PRIMARY KEY (`report_id`, `fact_id`), CONSTRAINT `report_facts_report_id` FOREIGN KEY (`report_id`) REFERENCES `reports` (`id`) ON DELETE CASCADE, CONSTRAINT `report_facts_fact_id` FOREIGN KEY (`fact_id`) REFERENCES `facts` (`id`) ON DELETE CASCADE);

-- +goose Down
-- reverse: create "report_facts" table
DROP TABLE `report_facts`;
-- reverse: create "workers" table
DROP TABLE `workers`;
-- reverse: create index "snapshot_page_id_hash" to table: "snapshots"
DROP INDEX `snapshot_page_id_hash`;
-- reverse: create "snapshots" table
DROP TABLE `snapshots`;
-- reverse: create index "report_job_id" to table: "reports"
DROP INDEX `report_job_id`;
-- reverse: create index "report_created_at" to table: "reports"
DROP INDEX `report_created_at`;
-- reverse: create "reports" table
DROP TABLE `reports`;
-- reverse: create index "ratelimit_domain" to table: "rate_limits"
DROP INDEX `ratelimit_domain`;
-- reverse: create "rate_limits" table
DROP TABLE `rate_limits`;
-- reverse: create index "profile_name" to table: "profiles"
DROP INDEX `profile_name`;
-- reverse: create "profiles" table
DROP TABLE `profiles`;
-- reverse: create index "page_snapshot_id" to table: "pages"
DROP INDEX `page_snapshot_id`;
-- reverse: create index "page_fetched_at" to table: "pages"
DROP INDEX `page_fetched_at`;
-- reverse: create index "page_domain" to table: "pages"
DROP INDEX `page_domain`;
-- reverse: create index "page_company" to table: "pages"
DROP INDEX `page_company`;
-- reverse: create index "page_url" to table: "pages"
DROP INDEX `page_url`;
-- reverse: create "pages" table
DROP TABLE `pages`;
-- reverse: create index "jobitem_page_id" to table: "job_items"
DROP INDEX `jobitem_page_id`;
-- reverse: create index "jobitem_job_id_url" to table: "job_items"
DROP INDEX `jobitem_job_id_url`;
-- reverse: create "job_items" table
DROP TABLE `job_items`;
-- reverse: create index "jobevent_item_id" to table: "job_events"
DROP INDEX `jobevent_item_id`;
-- reverse: create index "jobevent_job_id_seq" to table: "job_events"
DROP INDEX `jobevent_job_id_seq`;
-- reverse: create "job_events" table
DROP TABLE `job_events`;
-- reverse: create index "job_parent_id" to table: "jobs"
DROP INDEX `job_parent_id`;
-- reverse: create index "job_created_at" to table: "jobs"
DROP INDEX `job_created_at`;
-- reverse: create index "job_status_created_at" to table: "jobs"
DROP INDEX `job_status_created_at`;
-- reverse: create index "job_idempotency_key" to table: "jobs"
DROP INDEX `job_idempotency_key`;
-- reverse: create "jobs" table
DROP TABLE `jobs`;
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
-- reverse: create "facts" table
DROP TABLE `facts`;
