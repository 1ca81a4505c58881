-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for the worker: what it needs to validate a contribution under the pool's current version. `unanswered` are the columns
--          that came with a notice this member has not answered (given, renewed or refused under it or a later one).
-- Outcomes: ok; not_allowed_here; stale while a charter waits to be applied, so that uploads without a pause cannot keep it out.
-- Locks: the contribution's row.
CREATE OR REPLACE FUNCTION licensing.begin_ingest(p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.contribution;
    v_upload licensing.upload;
    v_version licensing.pool_version;
    v_answered integer;
BEGIN
    SELECT * INTO v_row FROM licensing.contribution WHERE id = p_id FOR UPDATE;
    IF NOT FOUND OR v_row.state NOT IN ('received', 'validating') THEN
        RETURN log.refusal('not_allowed_here', 'the contribution does not wait for validation');
    END IF;
    SELECT * INTO v_upload FROM licensing.upload WHERE contribution_id = p_id AND state = 'complete';
    IF NOT FOUND THEN
        RETURN log.refusal('not_allowed_here', 'the upload has ended');
    END IF;
    SELECT * INTO v_version FROM licensing.pool_version AS v WHERE v.pool_id = v_row.pool_id ORDER BY v.version DESC LIMIT 1;
    IF EXISTS (SELECT FROM governance.pool_charter_in_force AS c JOIN licensing.pool AS p ON p.ref = c.pool
               WHERE p.pool_id = v_row.pool_id AND p.state IN ('open', 'paused') AND c.version > v_version.version
                   AND c.from_at <= pg_catalog.clock_timestamp()) THEN
        RETURN log.answer('stale');
    END IF;
    SELECT COALESCE(pg_catalog.max(e.notice), 0) INTO v_answered FROM licensing.consent_event AS e
    WHERE e.member_id = v_row.member_id AND e.pool_id = v_row.pool_id AND e.state IN ('given', 'renewed', 'refused');
    UPDATE licensing.contribution SET state = 'validating' WHERE id = p_id;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('contribution', p_id, 'upload', v_upload.id, 'pool_id', v_row.pool_id,
        'length', v_upload.length, 'declared_sha256', COALESCE(v_upload.declared_sha256, v_row.declared_sha256),
        'announced_sha256', v_row.declared_sha256, 'format', v_row.format, 'dialect', v_row.dialect,
        'accept_partial', v_row.accept_partial, 'schema', p.schema, 'schema_version', v_version.version,
        'quality', v_version.charter -> 'quality',
        'unanswered', (SELECT COALESCE(pg_catalog.jsonb_agg(k.column_name), '[]') FROM licensing.column_notice AS k
                       WHERE k.pool_id = p.pool_id AND k.notice > v_answered)))
        FROM licensing.pool AS p WHERE p.pool_id = v_row.pool_id);
END
$$;
