-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a pool as the API shows it, with its current charter and notice.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.pool_body(p_pool licensing.pool) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', p_pool.pool_id, 'ref', p_pool.ref, 'title', p_pool.title, 'state', p_pool.state,
        'state_reason', e.reason, 'state_since', log.time_text(e.at), 'schema_sha256', p_pool.schema_sha256, 'version', p_pool.revision,
        'created_at', log.time_text(p_pool.created_at), 'opened_at', log.time_text(p_pool.opened_at),
        'charter', v.charter, 'charter_version', v.version, 'charter_sha256', v.sha256,
        'notice', n.n, 'notice_sha256', n.sha256, 'notice_text', n.text, 'notice_language', n.language,
        'notice_says', pg_catalog.to_jsonb(n.says))
    FROM (SELECT 1) AS one
    LEFT JOIN LATERAL (SELECT * FROM licensing.pool_version AS x WHERE x.pool_id = p_pool.pool_id ORDER BY x.version DESC LIMIT 1) AS v ON true
    LEFT JOIN LATERAL (SELECT * FROM licensing.notice AS x WHERE x.pool_id = p_pool.pool_id ORDER BY x.n DESC LIMIT 1) AS n ON true
    LEFT JOIN LATERAL (SELECT * FROM licensing.pool_event AS x WHERE x.pool_id = p_pool.pool_id ORDER BY x.seq DESC LIMIT 1) AS e ON true;
$$;
