-- +goose Up
-- modify "facts" table
ALTER TABLE "facts" ADD COLUMN "subject" character varying NULL, ADD COLUMN "measure" jsonb NULL, ADD COLUMN "value_kind" character varying NULL, ADD COLUMN "number" double precision NULL, ADD COLUMN "unit" character varying NULL;
-- create index "fact_attribute" to table: "facts"
CREATE INDEX "fact_attribute" ON "facts" ("attribute");
-- create index "fact_unit_number" to table: "facts"
CREATE INDEX "fact_unit_number" ON "facts" ("unit", "number");

-- +goose Down
-- reverse: create index "fact_unit_number" to table: "facts"
DROP INDEX "fact_unit_number";
-- reverse: create index "fact_attribute" to table: "facts"
DROP INDEX "fact_attribute";
-- reverse: modify "facts" table
ALTER TABLE "facts" DROP COLUMN "unit", DROP COLUMN "number", DROP COLUMN "value_kind", DROP COLUMN "measure", DROP COLUMN "subject";
