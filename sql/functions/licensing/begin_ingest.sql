-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for the worker: what it needs to validate a contribution.
-- Outcomes: ok, not_allowed_here.
-- Locks: the contribution's row.
CREATE OR REPLACE FUNCTION licensing.begin_ingest(p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.contribution;
    v_upload licensing.upload;
BEGIN
    SELECT * INTO v_row FROM licensing.contribution WHERE id = p_id FOR UPDATE;
    IF NOT FOUND OR v_row.state NOT IN ('received', 'validating') THEN
        RETURN log.refusal('not_allowed_here', 'the contribution does not wait for validation');
    END IF;
    SELECT * INTO v_upload FROM licensing.upload WHERE contribution_id = p_id AND state = 'complete';
    IF NOT FOUND THEN
        RETURN log.refusal('not_allowed_here', 'the upload has ended');
    END IF;
    UPDATE licensing.contribution SET state = 'validating' WHERE id = p_id;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('contribution', p_id, 'upload', v_upload.id, 'pool_id', v_row.pool_id,
        'length', v_upload.length, 'declared_sha256', v_upload.declared_sha256, 'format', v_row.format, 'dialect', v_row.dialect,
        'accept_partial', v_row.accept_partial, 'schema', p.schema,
        'quality', (SELECT v.charter -> 'quality' FROM licensing.pool_version AS v WHERE v.pool_id = p.pool_id ORDER BY v.version DESC LIMIT 1)))
        FROM licensing.pool AS p WHERE p.pool_id = v_row.pool_id);
END
$$;
