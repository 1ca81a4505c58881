-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: lays a job aside that will not succeed by itself; the reason says why and what a person should look at.
-- Outcomes: ok; stale when the job is not this worker's any more.
-- Locks: the job's row.
CREATE OR REPLACE FUNCTION job.fail(p_id bigint, p_worker text, p_attempt integer, p_reason text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE job.job SET state = 'dead', finished_at = pg_catalog.clock_timestamp(), reason = p_reason
    WHERE id = p_id AND worker = p_worker AND attempt = p_attempt AND state = 'running';
    RETURN CASE WHEN FOUND THEN log.answer('ok', NULL) ELSE log.answer('stale', NULL) END;
END
$$;
