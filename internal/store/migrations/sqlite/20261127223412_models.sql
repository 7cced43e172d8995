-- +goose Up
-- add column "tally" to table: "jobs"
ALTER TABLE `jobs` ADD COLUMN `tally` json NULL;
-- add column "method" to table: "profiles"
ALTER TABLE `profiles` ADD COLUMN `method` text NULL;
-- create "answers" table
CREATE TABLE `answers` (`id` text NOT NULL, `proposals` json NOT NULL, `unreadable` integer NOT NULL DEFAULT (0), `at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "answer_at" to table: "answers"
CREATE INDEX `answer_at` ON `answers` (`at`);

-- +goose Down
-- reverse: create index "answer_at" to table: "answers"
DROP INDEX `answer_at`;
-- reverse: create "answers" table
DROP TABLE `answers`;
-- reverse: add column "method" to table: "profiles"
ALTER TABLE `profiles` DROP COLUMN `method`;
-- reverse: add column "tally" to table: "jobs"
ALTER TABLE `jobs` DROP COLUMN `tally`;
