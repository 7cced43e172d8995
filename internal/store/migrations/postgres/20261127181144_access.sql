-- +goose Up
-- create "api_keys" table
CREATE TABLE "api_keys" ("id" uuid NOT NULL, "name" character varying NOT NULL, "scope" character varying NOT NULL, "hash" character varying NOT NULL, "created_at" timestamptz NOT NULL, "expires_at" timestamptz NULL, "revoked_at" timestamptz NULL, "last_used_at" timestamptz NULL, PRIMARY KEY ("id"));
-- create index "apikey_hash" to table: "api_keys"
CREATE UNIQUE INDEX "apikey_hash" ON "api_keys" ("hash");
-- create index "apikey_name" to table: "api_keys"
CREATE UNIQUE INDEX "apikey_name" ON "api_keys" ("name");
-- create "audit_entries" table
CREATE TABLE "audit_entries" ("id" uuid NOT NULL, "at" timestamptz NOT NULL, "who" character varying NOT NULL, "mutation" character varying NOT NULL, "input" character varying NOT NULL, "request" character varying NOT NULL, "outcome" character varying NULL, PRIMARY KEY ("id"));
-- create index "auditentry_at" to table: "audit_entries"
CREATE INDEX "auditentry_at" ON "audit_entries" ("at");
-- create index "auditentry_request" to table: "audit_entries"
CREATE INDEX "auditentry_request" ON "audit_entries" ("request");
-- create index "auditentry_who_at" to table: "audit_entries"
CREATE INDEX "auditentry_who_at" ON "audit_entries" ("who", "at");

-- +goose Down
-- reverse: create index "auditentry_who_at" to table: "audit_entries"
DROP INDEX "auditentry_who_at";
-- reverse: create index "auditentry_request" to table: "audit_entries"
DROP INDEX "auditentry_request";
-- reverse: create index "auditentry_at" to table: "audit_entries"
DROP INDEX "auditentry_at";
-- reverse: create "audit_entries" table
DROP TABLE "audit_entries";
-- reverse: create index "apikey_name" to table: "api_keys"
DROP INDEX "apikey_name";
-- reverse: create index "apikey_hash" to table: "api_keys"
DROP INDEX "apikey_hash";
-- reverse: create "api_keys" table
DROP TABLE "api_keys";
