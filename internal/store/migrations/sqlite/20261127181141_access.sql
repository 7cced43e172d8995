-- +goose Up
-- create "api_keys" table
CREATE TABLE `api_keys` (`id` uuid NOT NULL, `name` text NOT NULL, `scope` text NOT NULL, `hash` text NOT NULL, `created_at` datetime NOT NULL, `expires_at` datetime NULL, `revoked_at` datetime NULL, `last_used_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "apikey_name" to table: "api_keys"
CREATE UNIQUE INDEX `apikey_name` ON `api_keys` (`name`);
-- create index "apikey_hash" to table: "api_keys"
CREATE UNIQUE INDEX `apikey_hash` ON `api_keys` (`hash`);
-- create "audit_entries" table
CREATE TABLE `audit_entries` (`id` uuid NOT NULL, `at` datetime NOT NULL, `who` text NOT NULL, `mutation` text NOT NULL, `input` text NOT NULL, `request` text NOT NULL, `outcome` text NULL, PRIMARY KEY (`id`));
-- create index "auditentry_at" to table: "audit_entries"
CREATE INDEX `auditentry_at` ON `audit_entries` (`at`);
-- create index "auditentry_who_at" to table: "audit_entries"
CREATE INDEX `auditentry_who_at` ON `audit_entries` (`who`, `at`);
-- create index "auditentry_request" to table: "audit_entries"
CREATE INDEX `auditentry_request` ON `audit_entries` (`request`);

-- +goose Down
-- reverse: create index "auditentry_request" to table: "audit_entries"
DROP INDEX `auditentry_request`;
-- reverse: create index "auditentry_who_at" to table: "audit_entries"
DROP INDEX `auditentry_who_at`;
-- reverse: create index "auditentry_at" to table: "audit_entries"
DROP INDEX `auditentry_at`;
-- reverse: create "audit_entries" table
DROP TABLE `audit_entries`;
-- reverse: create index "apikey_hash" to table: "api_keys"
DROP INDEX `apikey_hash`;
-- reverse: create index "apikey_name" to table: "api_keys"
DROP INDEX `apikey_name`;
-- reverse: create "api_keys" table
DROP TABLE `api_keys`;
