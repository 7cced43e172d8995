-- +goose Up
-- modify "jobs" table
ALTER TABLE "jobs" ADD COLUMN "tally" jsonb NULL;
-- modify "profiles" table
ALTER TABLE "profiles" ADD COLUMN "method" character varying NULL;
-- create "answers" table
CREATE TABLE "answers" ("id" character varying NOT NULL, "proposals" jsonb NOT NULL, "unreadable" bigint NOT NULL DEFAULT 0, "at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "answer_at" to table: "answers"
CREATE INDEX "answer_at" ON "answers" ("at");

-- +goose Down
-- reverse: create index "answer_at" to table: "answers"
DROP INDEX "answer_at";
-- reverse: create "answers" table
DROP TABLE "answers";
-- reverse: modify "profiles" table
ALTER TABLE "profiles" DROP COLUMN "method";
-- reverse: modify "jobs" table
ALTER TABLE "jobs" DROP COLUMN "tally";
