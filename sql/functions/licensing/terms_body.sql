-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a terms draft or parsed copy with the reviews C stored for it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.terms_body(p_row licensing.terms) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_catalog.jsonb_build_object('id', p_row.id, 'pool', p_row.doc -> 'pool', 'terms_version', p_row.version, 'sha256', p_row.sha256,
        'doc', p_row.doc, 'version', p_row.revision, 'submitted', p_row.submitted_at IS NOT NULL,
        'created_at', log.time_text(p_row.created_at), 'updated_at', log.time_text(p_row.updated_at),
        'review', (SELECT pg_catalog.jsonb_build_object('compared_with', NULLIF(r.compared_with, ''), 'errors', r.errors,
                       'narrowing', r.narrowing, 'floor', r.floor, 'consents', licensing.count_terms_effect(p_row.pool_id, r.narrowing))
                   FROM licensing.terms_review AS r WHERE r.sha256 = p_row.sha256 ORDER BY r.at DESC LIMIT 1));
END
$$;
