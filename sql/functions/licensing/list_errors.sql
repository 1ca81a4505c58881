-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the stored row errors of one of the actor's contributions, and how many rows were bad in all.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_errors(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', pg_catalog.jsonb_build_object('bad_rows', c.bad_rows, 'next', NULL, 'items',
        (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('line', e.line, 'row', e.row, 'column', e.column_name,
            'reason', e.reason, 'value', e.value) ORDER BY e.n), '[]') FROM licensing.contribution_error AS e
         WHERE e.contribution_id = c.id)))
        FROM licensing.contribution AS c WHERE c.id = p_id AND c.member_id = p_actor), log.answer('not_found'));
$$;
