-- Lines of the log have an id of their writer's, so that a line that is sent twice is stored once. Lines from
-- before have the id by which they were told: their place.
ALTER TABLE job_log ADD COLUMN id TEXT NOT NULL DEFAULT '';
UPDATE job_log SET id = attempt || '.' || seq;
CREATE UNIQUE INDEX job_log_ids ON job_log (job_id, id);
