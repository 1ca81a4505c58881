-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a contribution as the API shows it to its contributor; progress comes from the job's row while it is validated.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.contribution_body(p_row licensing.contribution) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', p_row.id, 'pool', (SELECT p.ref FROM licensing.pool AS p WHERE p.pool_id = p_row.pool_id),
        'version', p_row.version, 'state', p_row.state, 'format', p_row.format, 'dialect', p_row.dialect, 'provenance', p_row.provenance,
        'licence', p_row.licence, 'accept_partial', p_row.accept_partial, 'replaces', p_row.replaces, 'sha256', p_row.sha256,
        'size', p_row.size, 'charter_version', p_row.charter_version, 'schema_version', p_row.schema_version,
        'rows', p_row.rows, 'bad_rows', p_row.bad_rows, 'quality_ppm', p_row.quality_ppm, 'quality', p_row.quality,
        'reason', p_row.reason, 'created_at', log.time_text(p_row.created_at), 'decided_at', log.time_text(p_row.decided_at),
        'ended_at', log.time_text(p_row.ended_at),
        'progress', CASE WHEN p_row.state IN ('received', 'validating') THEN job.progress_of('ingest_contribution', p_row.id::text) END,
        'upload', (SELECT pg_catalog.jsonb_build_object('id', u.id, 'length', u.length, 'received', u.received, 'state', u.state)
                   FROM licensing.upload AS u WHERE u.contribution_id = p_row.id AND u.state <> 'ended'));
$$;
