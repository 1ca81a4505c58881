-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives a worker the next piece of work among the kinds it can do: due, or left behind by a worker whose heartbeat is older
--          than the kind's time-out (p_kinds: [{"kind","timeout"}], seconds). Never while another one of the same kind and key runs;
--          one that waits for its next try in the row `running` without a worker goes before its successor (job.retry).
-- Outcomes: ok with {id, kind, key, payload, attempt}; no_content.
-- Locks: advisory transaction lock on claiming, so that two workers do not start two of one key; then the job's row.
CREATE OR REPLACE FUNCTION job.claim(p_worker text, p_kinds jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz;
    v_job job.job;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('job.claim', 0));
    v_now := pg_catalog.clock_timestamp();
    SELECT j.* INTO v_job
    FROM job.job AS j
    JOIN pg_catalog.jsonb_to_recordset(p_kinds) AS k(kind text, timeout integer) ON k.kind = j.kind
    WHERE ((j.state = 'waiting' AND j.run_at <= v_now)
        OR (j.state = 'running' AND j.heartbeat_at IS NULL AND j.run_at <= v_now)
        OR (j.state = 'running' AND j.heartbeat_at < v_now - pg_catalog.make_interval(secs => k.timeout)))
      AND (j.key IS NULL OR NOT EXISTS (SELECT FROM job.job AS o WHERE o.kind = j.kind AND o.key = j.key AND o.state = 'running' AND o.id <> j.id))
    ORDER BY j.run_at, j.id
    LIMIT 1
    FOR UPDATE OF j SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN log.answer('no_content', NULL);
    END IF;
    UPDATE job.job SET state = 'running', worker = p_worker, heartbeat_at = v_now, attempt = attempt + 1 WHERE id = v_job.id;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('id', v_job.id::text, 'kind', v_job.kind, 'key', v_job.key,
                      'payload', v_job.payload, 'attempt', v_job.attempt + 1));
END
$$;
