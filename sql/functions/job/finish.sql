-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: closes a job that is done, and deletes a few that ended a week ago, of those laid aside none but such as a later one followed: what
--          they were about is told elsewhere, and their payloads are nobody's business any more.
-- Outcomes: ok; stale when the job is not this worker's any more.
-- Locks: the job's row, those it deletes (passed over where somebody else has them).
CREATE OR REPLACE FUNCTION job.finish(p_id bigint, p_worker text, p_attempt integer) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE job.job SET state = 'done', finished_at = pg_catalog.clock_timestamp(), reason = NULL
    WHERE id = p_id AND worker = p_worker AND attempt = p_attempt AND state = 'running';
    IF NOT FOUND THEN
        RETURN log.answer('stale', NULL);
    END IF;
    DELETE FROM job.job WHERE id IN (
        SELECT j.id FROM job.job AS j WHERE j.finished_at < pg_catalog.clock_timestamp() - interval '7 days'
            AND (j.state = 'done' OR EXISTS (SELECT FROM job.job AS o WHERE o.kind = j.kind AND o.key = j.key AND o.id > j.id))
        ORDER BY j.finished_at LIMIT 20 FOR UPDATE SKIP LOCKED);
    RETURN log.answer('ok', NULL);
END
$$;
