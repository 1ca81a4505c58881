-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: says that a job's worker lives, and what the job has to say of its progress (merged into what it said before).
-- Outcomes: ok; stale when the job is not this worker's any more.
-- Locks: the job's row.
CREATE OR REPLACE FUNCTION job.beat(p_id bigint, p_worker text, p_attempt integer, p_progress jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE job.job SET heartbeat_at = pg_catalog.clock_timestamp(), progress = progress || COALESCE(p_progress, '{}')
    WHERE id = p_id AND worker = p_worker AND attempt = p_attempt AND state = 'running';
    RETURN CASE WHEN FOUND THEN log.answer('ok', NULL) ELSE log.answer('stale', NULL) END;
END
$$;
