-- +goose Up
-- modify "indexers" table
ALTER TABLE "indexers" ADD COLUMN "seen" bigint NOT NULL DEFAULT 0;
UPDATE "indexers" SET "seen" = "done" WHERE "done" > 0;

-- +goose Down
-- reverse: modify "indexers" table
ALTER TABLE "indexers" DROP COLUMN "seen";
