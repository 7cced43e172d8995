-- +goose Up
-- modify "facts" table
ALTER TABLE `facts` ADD COLUMN `subject` text NULL;
ALTER TABLE `facts` ADD COLUMN `measure` json NULL;
ALTER TABLE `facts` ADD COLUMN `value_kind` text NULL;
ALTER TABLE `facts` ADD COLUMN `number` real NULL;
ALTER TABLE `facts` ADD COLUMN `unit` text NULL;
-- create index "fact_attribute" to table: "facts"
CREATE INDEX `fact_attribute` ON `facts` (`attribute`);
-- create index "fact_unit_number" to table: "facts"
CREATE INDEX `fact_unit_number` ON `facts` (`unit`, `number`);

-- +goose Down
-- reverse: create index "fact_unit_number" to table: "facts"
DROP INDEX `fact_unit_number`;
-- reverse: create index "fact_attribute" to table: "facts"
DROP INDEX `fact_attribute`;
-- reverse: modify "facts" table
ALTER TABLE `facts` DROP COLUMN `unit`;
ALTER TABLE `facts` DROP COLUMN `number`;
ALTER TABLE `facts` DROP COLUMN `value_kind`;
ALTER TABLE `facts` DROP COLUMN `measure`;
ALTER TABLE `facts` DROP COLUMN `subject`;
