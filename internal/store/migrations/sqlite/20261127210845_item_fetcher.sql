-- +goose Up
-- modify "job_items" table
ALTER TABLE `job_items` ADD COLUMN `fetcher` text NOT NULL DEFAULT ('');

-- +goose Down
-- reverse: modify "job_items" table
ALTER TABLE `job_items` DROP COLUMN `fetcher`;
