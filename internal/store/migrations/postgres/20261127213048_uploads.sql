-- +goose Up
-- create "uploads" table
CREATE TABLE "uploads" ("id" uuid NOT NULL, "url" character varying NOT NULL, "media_type" character varying NOT NULL, "title" character varying NOT NULL DEFAULT '', "body" bytea NOT NULL, "job_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "uploads_jobs_uploads" FOREIGN KEY ("job_id") REFERENCES "jobs" ("id") ON UPDATE NO ACTION ON DELETE CASCADE);
-- create index "upload_job_id_url" to table: "uploads"
CREATE UNIQUE INDEX "upload_job_id_url" ON "uploads" ("job_id", "url");

-- +goose Down
-- reverse: create index "upload_job_id_url" to table: "uploads"
DROP INDEX "upload_job_id_url";
-- reverse: create "uploads" table
DROP TABLE "uploads";
