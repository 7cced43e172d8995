-- +goose Up
-- create "changes" table
CREATE TABLE `changes` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `subject` uuid NOT NULL, `at` integer NOT NULL);
-- create index "change_at" to table: "changes"
CREATE INDEX `change_at` ON `changes` (`at`);
-- create "embeddings" table
CREATE TABLE `embeddings` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `model` text NOT NULL, `vector` blob NOT NULL, `fact_id` uuid NOT NULL, CONSTRAINT `embeddings_facts_fact` FOREIGN KEY (`fact_id`) REFERENCES `facts` (`id`) ON DELETE CASCADE);
-- create index "embedding_fact_id_model" to table: "embeddings"
CREATE UNIQUE INDEX `embedding_fact_id_model` ON `embeddings` (`fact_id`, `model`);
-- create "indexers" table
CREATE TABLE `indexers` (`id` text NOT NULL, `done` integer NOT NULL DEFAULT (-1), `holder` text NOT NULL DEFAULT (''), `until` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));


-- The outbox of the search index: whatever changes a fact, a page or a vector writes a line into it.
-- +goose StatementBegin
CREATE TRIGGER "x_fact_inserted" AFTER INSERT ON "facts" BEGIN
  INSERT INTO "changes" ("subject", "at") VALUES (NEW."id", unixepoch());
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER "x_fact_updated" AFTER UPDATE OF "status", "company", "headings", "attribute", "subject", "unit", "number", "confidence" ON "facts" BEGIN
  INSERT INTO "changes" ("subject", "at") VALUES (NEW."id", unixepoch());
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER "x_fact_deleted" AFTER DELETE ON "facts" BEGIN
  INSERT INTO "changes" ("subject", "at") VALUES (OLD."id", unixepoch());
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER "x_page_inserted" AFTER INSERT ON "pages" BEGIN
  INSERT INTO "changes" ("subject", "at") VALUES (NEW."id", unixepoch());
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER "x_page_updated" AFTER UPDATE OF "status", "company", "title", "snapshot_id" ON "pages" BEGIN
  INSERT INTO "changes" ("subject", "at") VALUES (NEW."id", unixepoch());
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER "x_page_deleted" AFTER DELETE ON "pages" BEGIN
  INSERT INTO "changes" ("subject", "at") VALUES (OLD."id", unixepoch());
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER "x_embedding_inserted" AFTER INSERT ON "embeddings" BEGIN
  INSERT INTO "changes" ("subject", "at") VALUES (NEW."fact_id", unixepoch());
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER "x_embedding_updated" AFTER UPDATE ON "embeddings" BEGIN
  INSERT INTO "changes" ("subject", "at") VALUES (NEW."fact_id", unixepoch());
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER "x_embedding_updated";
DROP TRIGGER "x_embedding_inserted";
DROP TRIGGER "x_page_deleted";
DROP TRIGGER "x_page_updated";
DROP TRIGGER "x_page_inserted";
DROP TRIGGER "x_fact_deleted";
DROP TRIGGER "x_fact_updated";
DROP TRIGGER "x_fact_inserted";
-- reverse: create "indexers" table
DROP TABLE `indexers`;
-- reverse: create index "embedding_fact_id_model" to table: "embeddings"
DROP INDEX `embedding_fact_id_model`;
-- reverse: create "embeddings" table
DROP TABLE `embeddings`;
-- reverse: create index "change_at" to table: "changes"
DROP INDEX `change_at`;
-- reverse: create "changes" table
DROP TABLE `changes`;
