-- +goose Up
-- create "facts" table
CREATE TABLE "facts" ("id" uuid NOT NULL, "company" character varying NOT NULL, "url" character varying NOT NULL, "category" character varying NOT NULL, "statement" text NOT NULL, "quote" text NOT NULL, "span" jsonb NOT NULL, "headings" jsonb NULL, "attribute" character varying NULL, "value" character varying NULL, "qualifiers" jsonb NULL, "confidence" double precision NOT NULL, "method" character varying NOT NULL, "model" character varying NULL, "fingerprint" character varying NOT NULL, "status" character varying NOT NULL DEFAULT 'ACTIVE', "first_seen_at" timestamptz NOT NULL, "last_seen_at" timestamptz NOT NULL, "snapshot_id" uuid NOT NULL, "profile_id" uuid NOT NULL, "page_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- create index "fact_category" to table: "facts"
CREATE INDEX "fact_category" ON "facts" ("category");
-- create index "fact_company_category" to table: "facts"
CREATE INDEX "fact_company_category" ON "facts" ("company", "category");
-- create index "fact_first_seen_at" to table: "facts"
CREATE INDEX "fact_first_seen_at" ON "facts" ("first_seen_at");
-- create index "fact_page_id_profile_id_fingerprint" to table: "facts"
CREATE UNIQUE INDEX "fact_page_id_profile_id_fingerprint" ON "facts" ("page_id", "profile_id", "fingerprint");
-- create index "fact_profile_id" to table: "facts"
CREATE INDEX "fact_profile_id" ON "facts" ("profile_id");
-- create index "fact_snapshot_id" to table: "facts"
CREATE INDEX "fact_snapshot_id" ON "facts" ("snapshot_id");
-- create "jobs" table
CREATE TABLE "jobs" ("id" uuid NOT NULL, "type" character varying NOT NULL, "status" character varying NOT NULL DEFAULT 'QUEUED', "priority" character varying NOT NULL DEFAULT 'NORMAL', "company" character varying NULL, "params" jsonb NOT NULL, "result" jsonb NULL, "total" bigint NOT NULL DEFAULT 0, "done" bigint NOT NULL DEFAULT 0, "failed" bigint NOT NULL DEFAULT 0, "skipped" bigint NOT NULL DEFAULT 0, "stored" bigint NOT NULL DEFAULT 0, "fact_count" bigint NOT NULL DEFAULT 0, "seq" bigint NOT NULL DEFAULT 0, "error_code" character varying NULL, "error_message" character varying NULL, "idempotency_key" character varying NULL, "input_hash" character varying NULL, "created_at" timestamptz NOT NULL, "started_at" timestamptz NULL, "finished_at" timestamptz NULL, "parent_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "jobs_jobs_retries" FOREIGN KEY ("parent_id") REFERENCES "jobs" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- create index "job_created_at" to table: "jobs"
CREATE INDEX "job_created_at" ON "jobs" ("created_at");
-- create index "job_idempotency_key" to table: "jobs"
CREATE UNIQUE INDEX "job_idempotency_key" ON "jobs" ("idempotency_key");
-- create index "job_parent_id" to table: "jobs"
CREATE INDEX "job_parent_id" ON "jobs" ("parent_id");
-- create index "job_status_created_at" to table: "jobs"
CREATE INDEX "job_status_created_at" ON "jobs" ("status", "created_at");
-- create "job_events" table
CREATE TABLE "job_events" ("id" uuid NOT NULL, "seq" bigint NOT NULL, "at" timestamptz NOT NULL, "kind" character varying NOT NULL, "message" character varying NULL, "job_id" uuid NOT NULL, "item_id" uuid NULL, PRIMARY KEY ("id"));
-- create index "jobevent_item_id" to table: "job_events"
CREATE INDEX "jobevent_item_id" ON "job_events" ("item_id");
-- create index "jobevent_job_id_seq" to table: "job_events"
CREATE UNIQUE INDEX "jobevent_job_id_seq" ON "job_events" ("job_id", "seq");
-- create "job_items" table
CREATE TABLE "job_items" ("id" uuid NOT NULL, "url" character varying NOT NULL, "step" character varying NOT NULL, "state" character varying NOT NULL DEFAULT 'READY', "outcome" character varying NULL, "reason" character varying NULL, "http_status" bigint NULL, "depth" bigint NOT NULL DEFAULT 0, "attempts" bigint NOT NULL DEFAULT 0, "fact_count" bigint NOT NULL DEFAULT 0, "facts_added" bigint NOT NULL DEFAULT 0, "facts_removed" bigint NOT NULL DEFAULT 0, "bytes" bigint NOT NULL DEFAULT 0, "duration_ms" bigint NOT NULL DEFAULT 0, "location" character varying NULL, "redirects" bigint NOT NULL DEFAULT 0, "lane" character varying NOT NULL DEFAULT '', "rank" bigint NOT NULL DEFAULT 1, "turn" bigint NOT NULL DEFAULT 0, "run_at" timestamptz NOT NULL, "lease" bigint NOT NULL DEFAULT 0, "worker" character varying NULL, "created_at" timestamptz NOT NULL, "started_at" timestamptz NULL, "finished_at" timestamptz NULL, "job_id" uuid NOT NULL, "page_id" uuid NULL, PRIMARY KEY ("id"));
-- create index "jobitem_job_id_url" to table: "job_items"
CREATE UNIQUE INDEX "jobitem_job_id_url" ON "job_items" ("job_id", "url");
-- create index "jobitem_page_id" to table: "job_items"
CREATE INDEX "jobitem_page_id" ON "job_items" ("page_id");
-- create "pages" table
CREATE TABLE "pages" ("id" uuid NOT NULL, "url" character varying NOT NULL, "domain" character varying NOT NULL, "company" character varying NOT NULL, "title" character varying NOT NULL DEFAULT '', "status" character varying NOT NULL DEFAULT 'ACTIVE', "language" character varying NOT NULL DEFAULT '', "content_hash" character varying NOT NULL DEFAULT '', "etag" character varying NOT NULL DEFAULT '', "last_modified" character varying NOT NULL DEFAULT '', "links" jsonb NULL, "created_at" timestamptz NOT NULL, "fetched_at" timestamptz NOT NULL, "changed_at" timestamptz NOT NULL, "snapshot_id" uuid NULL, PRIMARY KEY ("id"));
-- create index "page_company" to table: "pages"
CREATE INDEX "page_company" ON "pages" ("company");
-- create index "page_domain" to table: "pages"
CREATE INDEX "page_domain" ON "pages" ("domain");
-- create index "page_fetched_at" to table: "pages"
CREATE INDEX "page_fetched_at" ON "pages" ("fetched_at");
-- create index "page_snapshot_id" to table: "pages"
CREATE INDEX "page_snapshot_id" ON "pages" ("snapshot_id");
-- create index "page_url" to table: "pages"
CREATE UNIQUE INDEX "page_url" ON "pages" ("url");
-- create "profiles" table
CREATE TABLE "profiles" ("id" uuid NOT NULL, "name" character varying NOT NULL, "description" character varying NOT NULL DEFAULT '', "categories" jsonb NOT NULL, "focus" character varying NOT NULL DEFAULT '', "depth" character varying NOT NULL DEFAULT 'DETAILED', "instructions" character varying NOT NULL DEFAULT '', "builtin" boolean NOT NULL DEFAULT false, "version" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "profile_name" to table: "profiles"
CREATE UNIQUE INDEX "profile_name" ON "profiles" ("name");
-- create "rate_limits" table
CREATE TABLE "rate_limits" ("id" uuid NOT NULL, "domain" character varying NOT NULL, "delay_ms" bigint NULL, "concurrency" bigint NULL, "daily_limit" bigint NULL, "crawl_delay_ms" bigint NOT NULL DEFAULT 0, "used_today" bigint NOT NULL DEFAULT 0, "used_total" bigint NOT NULL DEFAULT 0, "day" character varying NOT NULL DEFAULT '', "strikes" bigint NOT NULL DEFAULT 0, "status" character varying NOT NULL DEFAULT 'OPEN', "next_allowed_at" timestamptz NOT NULL, "backoff_until" timestamptz NULL, "updated_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "ratelimit_domain" to table: "rate_limits"
CREATE UNIQUE INDEX "ratelimit_domain" ON "rate_limits" ("domain");
-- create "reports" table
CREATE TABLE "reports" ("id" uuid NOT NULL, "type" character varying NOT NULL, "title" character varying NOT NULL, "companies" jsonb NOT NULL, "categories" jsonb NULL, "format" character varying NOT NULL DEFAULT 'MARKDOWN', "body" text NOT NULL, "data" jsonb NULL, "stale" boolean NOT NULL DEFAULT false, "created_at" timestamptz NOT NULL, "job_id" uuid NULL, PRIMARY KEY ("id"));
-- create index "report_created_at" to table: "reports"
CREATE INDEX "report_created_at" ON "reports" ("created_at");
-- create index "report_job_id" to table: "reports"
CREATE INDEX "report_job_id" ON "reports" ("job_id");
-- create "snapshots" table
CREATE TABLE "snapshots" ("id" uuid NOT NULL, "text" text NOT NULL, "hash" character varying NOT NULL, "fetched_at" timestamptz NOT NULL, "http_status" bigint NOT NULL, "fetcher" character varying NOT NULL DEFAULT 'HTTP', "page_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- create index "snapshot_page_id_hash" to table: "snapshots"
CREATE UNIQUE INDEX "snapshot_page_id_hash" ON "snapshots" ("page_id", "hash");
-- create "workers" table
CREATE TABLE "workers" ("id" character varying NOT NULL, "seen_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create "report_facts" table
CREATE TABLE "report_facts" ("report_id" uuid NOT NULL, "fact_id" uuid NOT NULL, PRIMARY KEY ("report_id", "fact_id"));
-- modify "facts" table
ALTER TABLE "facts" ADD CONSTRAINT "facts_pages_facts" FOREIGN KEY ("page_id") REFERENCES "pages" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, ADD CONSTRAINT "facts_profiles_profile" FOREIGN KEY ("profile_id") REFERENCES "profiles" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, ADD CONSTRAINT "facts_snapshots_snapshot" FOREIGN KEY ("snapshot_id") REFERENCES "snapshots" ("id") ON UPDATE NO ACTION ON DELETE CASCADE;
-- modify "job_events" table
ALTER TABLE "job_events" ADD CONSTRAINT "job_events_job_items_item" FOREIGN KEY ("item_id") REFERENCES "job_items" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, ADD CONSTRAINT "job_events_jobs_events" FOREIGN KEY ("job_id") REFERENCES "jobs" ("id") ON UPDATE NO ACTION ON DELETE CASCADE;
-- modify "job_items" table
ALTER TABLE "job_items" ADD CONSTRAINT "job_items_jobs_items" FOREIGN KEY ("job_id") REFERENCES "jobs" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, ADD CONSTRAINT "job_items_pages_page" FOREIGN KEY ("page_id") REFERENCES "pages" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- modify "pages" table
ALTER TABLE "pages" ADD CONSTRAINT "pages_snapshots_snapshot" FOREIGN KEY ("snapshot_id") REFERENCES "snapshots" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- modify "reports" table
ALTER TABLE "reports" ADD CONSTRAINT "reports_jobs_reports" FOREIGN KEY ("job_id") REFERENCES "jobs" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- modify "snapshots" table
ALTER TABLE "snapshots" ADD CONSTRAINT "snapshots_pages_snapshots" FOREIGN KEY ("page_id") REFERENCES "pages" ("id") ON UPDATE NO ACTION ON DELETE CASCADE;
-- modify "report_facts" table
ALTER TABLE "report_facts" ADD CONSTRAINT "report_facts_fact_id" FOREIGN KEY ("fact_id") REFERENCES "facts" ("id") ON UPDATE NO ACTION ON DELETE CASCADE, ADD CONSTRAINT "report_facts_report_id" FOREIGN KEY ("report_id") REFERENCES "reports" ("id") ON UPDATE NO ACTION ON DELETE CASCADE;

-- +goose Down
-- reverse: modify "report_facts" table
ALTER TABLE "report_facts" DROP CONSTRAINT "report_facts_report_id", DROP CONSTRAINT "report_facts_fact_id";
-- reverse: modify "snapshots" table
ALTER TABLE "snapshots" DROP CONSTRAINT "snapshots_pages_snapshots";
-- reverse: modify "reports" table
ALTER TABLE "reports" DROP CONSTRAINT "reports_jobs_reports";
-- reverse: modify "pages" table
ALTER TABLE "pages" DROP CONSTRAINT "pages_snapshots_snapshot";
-- reverse: modify "job_items" table
ALTER TABLE "job_items" DROP CONSTRAINT "job_items_pages_page", DROP CONSTRAINT "job_items_jobs_items";
-- reverse: modify "job_events" table
ALTER TABLE "job_events" DROP CONSTRAINT "job_events_jobs_events", DROP CONSTRAINT "job_events_job_items_item";
-- reverse: modify "facts" table
ALTER TABLE "facts" DROP CONSTRAINT "facts_snapshots_snapshot", DROP CONSTRAINT "facts_profiles_profile", DROP CONSTRAINT "facts_pages_facts";
-- reverse: create "report_facts" table
DROP TABLE "report_facts";
-- reverse: create "workers" table
DROP TABLE "workers";
-- reverse: create index "snapshot_page_id_hash" to table: "snapshots"
DROP INDEX "snapshot_page_id_hash";
-- reverse: create "snapshots" table
DROP TABLE "snapshots";
-- reverse: create index "report_job_id" to table: "reports"
DROP INDEX "report_job_id";
-- reverse: create index "report_created_at" to table: "reports"
DROP INDEX "report_created_at";
-- reverse: create "reports" table
DROP TABLE "reports";
-- reverse: create index "ratelimit_domain" to table: "rate_limits"
DROP INDEX "ratelimit_domain";
-- reverse: create "rate_limits" table
DROP TABLE "rate_limits";
-- reverse: create index "profile_name" to table: "profiles"
DROP INDEX "profile_name";
-- reverse: create "profiles" table
DROP TABLE "profiles";
-- reverse: create index "page_url" to table: "pages"
DROP INDEX "page_url";
-- reverse: create index "page_snapshot_id" to table: "pages"
DROP INDEX "page_snapshot_id";
-- reverse: create index "page_fetched_at" to table: "pages"
DROP INDEX "page_fetched_at";
-- reverse: create index "page_domain" to table: "pages"
DROP INDEX "page_domain";
-- reverse: create index "page_company" to table: "pages"
DROP INDEX "page_company";
-- reverse: create "pages" table
DROP TABLE "pages";
-- reverse: create index "jobitem_page_id" to table: "job_items"
DROP INDEX "jobitem_page_id";
-- reverse: create index "jobitem_job_id_url" to table: "job_items"
DROP INDEX "jobitem_job_id_url";
-- reverse: create "job_items" table
DROP TABLE "job_items";
-- reverse: create index "jobevent_job_id_seq" to table: "job_events"
DROP INDEX "jobevent_job_id_seq";
-- reverse: create index "jobevent_item_id" to table: "job_events"
DROP INDEX "jobevent_item_id";
-- reverse: create "job_events" table
DROP TABLE "job_events";
-- reverse: create index "job_status_created_at" to table: "jobs"
DROP INDEX "job_status_created_at";
-- reverse: create index "job_parent_id" to table: "jobs"
DROP INDEX "job_parent_id";
-- reverse: create index "job_idempotency_key" to table: "jobs"
DROP INDEX "job_idempotency_key";
-- reverse: create index "job_created_at" to table: "jobs"
DROP INDEX "job_created_at";
-- reverse: create "jobs" table
DROP TABLE "jobs";
-- reverse: create index "fact_snapshot_id" to table: "facts"
DROP INDEX "fact_snapshot_id";
-- reverse: create index "fact_profile_id" to table: "facts"
DROP INDEX "fact_profile_id";
-- reverse: create index "fact_page_id_profile_id_fingerprint" to table: "facts"
DROP INDEX "fact_page_id_profile_id_fingerprint";
-- reverse: create index "fact_first_seen_at" to table: "facts"
DROP INDEX "fact_first_seen_at";
-- reverse: create index "fact_company_category" to table: "facts"
DROP INDEX "fact_company_category";
-- reverse: create index "fact_category" to table: "facts"
DROP INDEX "fact_category";
-- reverse: create "facts" table
DROP TABLE "facts";
