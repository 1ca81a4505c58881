-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: puts a job in the queue, in the caller's transaction; the worker hears of it at commit. A job of the same kind and
--          key that waits already stands for this one (its id is returned); one that runs does not, since it may have read
--          before this commit. One whose like was laid aside waits, so that a clock that asks every second does not fill the queue with what
--          a person must look at: 10 s behind the last of the day, then 20 s, 40 s, ... an hour.
-- Outcomes: none.
-- Locks: none but the unique index's.
CREATE OR REPLACE FUNCTION job.enqueue(p_kind text, p_key text, p_payload jsonb DEFAULT '{}', p_run_at timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO job.job (kind, key, payload, run_at)
    SELECT p_kind, p_key, p_payload, GREATEST(COALESCE(p_run_at, pg_catalog.clock_timestamp()),
        pg_catalog.max(d.finished_at) + LEAST(10 * pg_catalog.power(2, LEAST(pg_catalog.count(*), 10) - 1), 3600) * interval '1 second')
    FROM job.job AS d WHERE d.kind = p_kind AND d.key = p_key AND d.state = 'dead' AND d.finished_at > pg_catalog.clock_timestamp() - interval '1 day'
    ON CONFLICT (kind, key) WHERE key IS NOT NULL AND state = 'waiting' DO NOTHING
    RETURNING id INTO v_id;
    IF v_id IS NULL THEN
        SELECT id INTO v_id FROM job.job WHERE kind = p_kind AND key = p_key AND state = 'waiting';
    END IF;
    PERFORM pg_catalog.pg_notify('job', p_kind);
    RETURN v_id;
END
$$;
