-- +goose Up
ALTER TABLE `indexers` ADD COLUMN `seen` integer NOT NULL DEFAULT (0);
UPDATE `indexers` SET `seen` = `done` WHERE `done` > 0;

-- +goose Down
ALTER TABLE `indexers` DROP COLUMN `seen`;
