-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the worker's verdict, in the transaction that copied the rows: accepted with its figures, or rejected with a reason
--          and no row. p_result: accepted, upload, sha256, size, rows, bad_rows, quality_ppm, quality, reason, errors,
--          schema_version. Acceptance supersedes the contribution it replaces.
-- Outcomes: ok; not_allowed_here when it was withdrawn or its upload ended meanwhile, and with a body {"reason"} when it may not be
--           accepted any more: the caller rolls back, and stores the latter as a rejection.
-- Locks: advisory lock of the pool, exclusive; the contribution's row, that of the one it replaces.
CREATE OR REPLACE FUNCTION licensing.finish_ingest(p_id uuid, p_result jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.contribution;
    v_replaced licensing.contribution;
    v_good boolean := (p_result ->> 'accepted')::boolean;
BEGIN
    SELECT * INTO v_row FROM licensing.contribution WHERE id = p_id;
    IF v_good THEN
        PERFORM licensing.bump_consent_epoch(v_row.pool_id);
    END IF;
    SELECT * INTO v_row FROM licensing.contribution WHERE id = p_id FOR UPDATE;
    IF v_row.state IS DISTINCT FROM 'validating' OR NOT EXISTS (SELECT FROM licensing.upload AS u WHERE u.contribution_id = p_id
            AND u.id = (p_result ->> 'upload')::uuid AND u.state = 'complete') THEN
        RETURN log.answer('not_allowed_here');
    END IF;
    SELECT * INTO v_replaced FROM licensing.contribution WHERE id = v_row.replaces FOR UPDATE;
    IF v_good AND v_replaced.state = 'superseded' THEN
        RETURN log.answer('not_allowed_here', '{"reason": "replaced_already"}');
    ELSIF v_good AND EXISTS (SELECT FROM licensing.pool AS p WHERE p.pool_id = v_row.pool_id AND p.state = 'closed') THEN
        RETURN log.answer('not_allowed_here', '{"reason": "pool_closed"}');
    END IF;
    UPDATE licensing.contribution SET state = CASE WHEN v_good THEN 'accepted' ELSE 'rejected' END,
        sha256 = p_result ->> 'sha256', size = (p_result ->> 'size')::bigint, bad_rows = (p_result ->> 'bad_rows')::bigint,
        rows = CASE WHEN v_good THEN (p_result ->> 'rows')::bigint END, schema_version = (p_result ->> 'schema_version')::integer,
        quality_ppm = CASE WHEN v_good THEN (p_result ->> 'quality_ppm')::integer END,
        quality = CASE WHEN v_good THEN p_result -> 'quality' END,
        reason = p_result ->> 'reason', decided_at = pg_catalog.clock_timestamp()
    WHERE id = p_id;
    INSERT INTO licensing.contribution_error (contribution_id, n, line, row, column_name, reason, value)
    SELECT p_id, e.n, (e.v ->> 'line')::bigint, (e.v ->> 'row')::bigint, e.v ->> 'column', e.v ->> 'reason', pg_catalog.left(e.v ->> 'value', 40)
    FROM pg_catalog.jsonb_array_elements(COALESCE(p_result -> 'errors', '[]')) WITH ORDINALITY AS e (v, n) WHERE e.n <= 100;
    UPDATE licensing.upload SET file_due_at = pg_catalog.clock_timestamp() + interval '7 days' WHERE contribution_id = p_id AND state = 'complete';
    IF v_good AND v_replaced.state = 'accepted' THEN
        UPDATE licensing.contribution SET state = 'superseded', ended_at = pg_catalog.clock_timestamp() WHERE id = v_row.replaces;
        PERFORM job.enqueue('delete_contribution_rows', v_row.replaces::text,
            pg_catalog.jsonb_build_object('contribution', v_row.replaces), pg_catalog.clock_timestamp() + interval '24 hours');
    END IF;
    RETURN log.answer('ok', '{}');
END
$$;
