-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The worker's queue.
SET LOCAL ROLE ch_job_owner;

CREATE TABLE job.job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,63}$'),
    key text,
    payload jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'dead')),
    run_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    attempt integer NOT NULL DEFAULT 0,
    worker text,
    heartbeat_at timestamptz,
    progress jsonb NOT NULL DEFAULT '{}',
    reason text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at timestamptz
);
CREATE UNIQUE INDEX job_once ON job.job (kind, key) WHERE key IS NOT NULL AND state = 'waiting';
CREATE INDEX job_due ON job.job (run_at, id) WHERE state = 'waiting';
CREATE INDEX job_beating ON job.job (heartbeat_at) WHERE state = 'running';
COMMENT ON TABLE job.job IS 'one row a piece of work; claimed with FOR UPDATE SKIP LOCKED';
COMMENT ON COLUMN job.job.key IS 'what the job is about: at most one waiting job per kind and key; one that runs may have a successor waiting, and never two run';
COMMENT ON COLUMN job.job.progress IS 'committed on a connection of its own while the job runs';

RESET ROLE;
