-- +goose Up
-- Columns are added one by one: made anew, the table would lose its triggers, and
-- dropping the old one would delete what refers to it.
-- create "reviews" table
CREATE TABLE `reviews` (`id` uuid NOT NULL, `company` text NOT NULL, `fingerprint` text NOT NULL, `verdict` text NOT NULL, `reason` text NOT NULL DEFAULT (''), `statement` text NOT NULL, `category` text NOT NULL, `edited_statement` text NULL, `edited_category` text NULL, `who` text NOT NULL, `at` datetime NOT NULL, `profile_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `reviews_profiles_profile` FOREIGN KEY (`profile_id`) REFERENCES `profiles` (`id`) ON DELETE CASCADE);
-- create index "review_profile_id_company_fingerprint" to table: "reviews"
CREATE UNIQUE INDEX `review_profile_id_company_fingerprint` ON `reviews` (`profile_id`, `company`, `fingerprint`);
ALTER TABLE `facts` ADD COLUMN `topic` text NULL;
ALTER TABLE `facts` ADD COLUMN `claim` text NULL;
ALTER TABLE `facts` ADD COLUMN `began_at` datetime NULL;
ALTER TABLE `facts` ADD COLUMN `ended_at` datetime NULL;
ALTER TABLE `facts` ADD COLUMN `superseded_by_id` uuid NULL CONSTRAINT `facts_facts_supersedes` REFERENCES `facts` (`id`) ON DELETE SET NULL;
ALTER TABLE `facts` ADD COLUMN `review_id` uuid NULL CONSTRAINT `facts_reviews_review` REFERENCES `reviews` (`id`) ON DELETE SET NULL;
CREATE INDEX `fact_claim` ON `facts` (`claim`);
CREATE INDEX `fact_topic` ON `facts` (`topic`);
CREATE INDEX `fact_superseded_by_id` ON `facts` (`superseded_by_id`);
CREATE INDEX `fact_review_id` ON `facts` (`review_id`);
-- when a fact was removed was not kept until now: it was last found then. Topics and claims are filled in by the program
UPDATE `facts` SET `began_at` = `first_seen_at`, `ended_at` = CASE WHEN `status` = 'ACTIVE' THEN NULL ELSE `last_seen_at` END;
-- create "fact_changes" table
CREATE TABLE `fact_changes` (`id` uuid NOT NULL, `kind` text NOT NULL, `at` datetime NOT NULL, `company` text NOT NULL, `category` text NOT NULL, `reviewed` bool NOT NULL DEFAULT (false), `fact_id` uuid NOT NULL, `previous_id` uuid NULL, `job_id` uuid NULL, `profile_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `fact_changes_facts_fact` FOREIGN KEY (`fact_id`) REFERENCES `facts` (`id`) ON DELETE CASCADE, CONSTRAINT `fact_changes_facts_previous` FOREIGN KEY (`previous_id`) REFERENCES `facts` (`id`) ON DELETE SET NULL, CONSTRAINT `fact_changes_jobs_job` FOREIGN KEY (`job_id`) REFERENCES `jobs` (`id`) ON DELETE SET NULL, CONSTRAINT `fact_changes_profiles_profile` FOREIGN KEY (`profile_id`) REFERENCES `profiles` (`id`) ON DELETE CASCADE);
-- create index "factchange_company_id" to table: "fact_changes"
CREATE INDEX `factchange_company_id` ON `fact_changes` (`company`, `id`);
-- create index "factchange_at" to table: "fact_changes"
CREATE INDEX `factchange_at` ON `fact_changes` (`at`);
-- create index "factchange_fact_id" to table: "fact_changes"
CREATE INDEX `factchange_fact_id` ON `fact_changes` (`fact_id`);
-- create index "factchange_previous_id" to table: "fact_changes"
CREATE INDEX `factchange_previous_id` ON `fact_changes` (`previous_id`);
-- create index "factchange_job_id" to table: "fact_changes"
CREATE INDEX `factchange_job_id` ON `fact_changes` (`job_id`);
-- create index "factchange_profile_id" to table: "fact_changes"
CREATE INDEX `factchange_profile_id` ON `fact_changes` (`profile_id`);
-- create "intervals" table
CREATE TABLE `intervals` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `began_at` datetime NOT NULL, `ended_at` datetime NOT NULL, `fact_id` uuid NOT NULL, CONSTRAINT `intervals_facts_intervals` FOREIGN KEY (`fact_id`) REFERENCES `facts` (`id`) ON DELETE CASCADE);
-- create index "interval_fact_id_began_at" to table: "intervals"
CREATE INDEX `interval_fact_id_began_at` ON `intervals` (`fact_id`, `began_at`);
-- create "shifts" table
CREATE TABLE `shifts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `job_id` uuid NOT NULL, `fact_id` uuid NOT NULL, `began` bool NOT NULL, `known` bool NOT NULL DEFAULT (false), `other_id` uuid NULL);
-- create index "shift_job_id_began" to table: "shifts"
CREATE INDEX `shift_job_id_began` ON `shifts` (`job_id`, `began`);
-- create index "shift_fact_id" to table: "shifts"
CREATE INDEX `shift_fact_id` ON `shifts` (`fact_id`);
-- reviews change the words and the category of facts, which the search index holds
DROP TRIGGER "x_fact_updated";
-- +goose StatementBegin
CREATE TRIGGER "x_fact_updated" AFTER UPDATE OF "status", "company", "headings", "attribute", "subject", "unit", "number", "confidence", "statement", "category" ON "facts" BEGIN
  INSERT INTO "changes" ("subject", "at") VALUES (NEW."id", unixepoch());
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER "x_fact_updated";
-- +goose StatementBegin
CREATE TRIGGER "x_fact_updated" AFTER UPDATE OF "status", "company", "headings", "attribute", "subject", "unit", "number", "confidence" ON "facts" BEGIN
  INSERT INTO "changes" ("subject", "at") VALUES (NEW."id", unixepoch());
END;
-- +goose StatementEnd
DROP TABLE `shifts`;
DROP TABLE `intervals`;
DROP TABLE `fact_changes`;
DROP INDEX `fact_review_id`;
DROP INDEX `fact_superseded_by_id`;
DROP INDEX `fact_topic`;
DROP INDEX `fact_claim`;
ALTER TABLE `facts` DROP COLUMN `review_id`;
ALTER TABLE `facts` DROP COLUMN `superseded_by_id`;
ALTER TABLE `facts` DROP COLUMN `ended_at`;
ALTER TABLE `facts` DROP COLUMN `began_at`;
ALTER TABLE `facts` DROP COLUMN `claim`;
ALTER TABLE `facts` DROP COLUMN `topic`;
DROP TABLE `reviews`;
