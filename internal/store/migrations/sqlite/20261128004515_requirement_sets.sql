-- +goose Up
-- create "requirement_sets" table
CREATE TABLE `requirement_sets` (`id` uuid NOT NULL, `name` text NOT NULL, `description` text NOT NULL DEFAULT (''), `rules` json NOT NULL, `version` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "requirementset_name" to table: "requirement_sets"
CREATE UNIQUE INDEX `requirementset_name` ON `requirement_sets` (`name`);

-- +goose Down
-- reverse: create index "requirementset_name" to table: "requirement_sets"
DROP INDEX `requirementset_name`;
-- reverse: create "requirement_sets" table
DROP TABLE `requirement_sets`;
