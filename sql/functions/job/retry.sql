-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: puts a job back for another try after p_delay_ms. p_count false: the try does not count (the worker was stopped). At most one
--          job of a kind and key waits: when a successor waits already, this one stays `running` without a worker, and job.claim
--          takes it before the successor, so that nothing is overtaken or lost.
-- Outcomes: ok; stale when the job is not this worker's any more.
-- Locks: the job's row.
CREATE OR REPLACE FUNCTION job.retry(p_id bigint, p_worker text, p_attempt integer, p_delay_ms bigint, p_reason text, p_count boolean)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE job.job SET worker = NULL, heartbeat_at = NULL, reason = p_reason,
           attempt = CASE WHEN p_count THEN attempt ELSE attempt - 1 END,
           run_at = pg_catalog.clock_timestamp() + p_delay_ms * interval '1 millisecond'
    WHERE id = p_id AND worker = p_worker AND attempt = p_attempt AND state = 'running';
    IF NOT FOUND THEN
        RETURN log.answer('stale', NULL);
    END IF;
    BEGIN
        UPDATE job.job SET state = 'waiting' WHERE id = p_id;
    EXCEPTION WHEN unique_violation THEN
        NULL;
    END;
    RETURN log.answer('ok', NULL);
END
$$;
