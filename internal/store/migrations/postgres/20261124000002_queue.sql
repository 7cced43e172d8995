-- The indexes on which the queue runs; see internal/queue.

-- +goose Up
-- the head of each lane, and the number served in it
CREATE INDEX "x_jobitem_ready" ON "job_items" ("lane", "rank", "turn") WHERE state = 'READY';
-- the last number of a job in a lane
CREATE INDEX "x_jobitem_ready_of_job" ON "job_items" ("job_id", "lane", "turn") WHERE state = 'READY';
-- who waits for a time
CREATE INDEX "x_jobitem_waiting" ON "job_items" ("run_at") WHERE state = 'WAITING';
-- how many are in a lane, and who has them
CREATE INDEX "x_jobitem_running" ON "job_items" ("lane", "worker") WHERE state = 'RUNNING';
-- where given URLs were redirected to
CREATE INDEX "x_jobitem_root" ON "job_items" ("job_id") WHERE depth = 0 AND location <> '';

-- +goose Down
DROP INDEX "x_jobitem_root";
DROP INDEX "x_jobitem_running";
DROP INDEX "x_jobitem_waiting";
DROP INDEX "x_jobitem_ready_of_job";
DROP INDEX "x_jobitem_ready";
