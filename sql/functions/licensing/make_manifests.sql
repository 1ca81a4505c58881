-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the worker's part of release manifests: makes those that live grants of a pool begin deliveries with.
-- Outcomes: ok.
-- Locks: advisory lock of the pool, shared; the manifests' unique keys.
CREATE OR REPLACE FUNCTION licensing.make_manifests(p_pool uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_made integer;
BEGIN
    SELECT pg_catalog.count(licensing.open_manifest(p_pool, g.id)) INTO v_made FROM (
        SELECT DISTINCT ON (x.purpose, x.org_class, x.notice_floor, x.explicit_only) x.id FROM licensing.data_grant AS x
        WHERE x.pool_id = p_pool AND x.state = 'active'
        ORDER BY x.purpose, x.org_class, x.notice_floor, x.explicit_only, x.id) AS g;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('manifests', v_made));
END
$$;
