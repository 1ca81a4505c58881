-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the tree of purposes in document order, with its version.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_purposes() RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object(
        'version', (SELECT pg_catalog.max(version) FROM licensing.reference_version WHERE name = 'purposes'),
        'items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('code', p.code,
            'parents', (SELECT COALESCE(pg_catalog.jsonb_agg(e.parent ORDER BY q.position), '[]') FROM licensing.purpose_edge AS e
                        JOIN licensing.purpose AS q ON q.code = e.parent WHERE e.child = p.code),
            'assignable', p.assignable, 'default_tier', p.default_tier, 'match', p.match, 'dpv', p.dpv, 'duo', p.duo)
            ORDER BY p.position), '[]'), 'next', NULL))
    FROM licensing.purpose AS p;
$$;
