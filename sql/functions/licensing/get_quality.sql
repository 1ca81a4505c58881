-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: quality of a pool for everybody: each check of the current charter as the mean over accepted contributions that ran it,
--          weighted by their rows, and the weighted whole. Figures of fewer than 5 members are not shown (null), and those shown are
--          rounded down to 1000 ppm, so that what one more contribution changes does not tell its own. A contribution's own
--          figures are its contributor's (licensing.contribution_body).
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_quality(p_actor uuid, p_pool text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool := licensing.find_pool(p_pool);
    v_version licensing.pool_version;
    v_checks jsonb;
    v_shown boolean;
BEGIN
    SELECT * INTO v_version FROM licensing.pool_version AS v WHERE v.pool_id = v_pool.pool_id ORDER BY v.version DESC LIMIT 1;
    IF v_pool.pool_id IS NULL OR v_version.version IS NULL THEN
        RETURN log.answer('not_found');
    END IF;
    WITH result AS (
        SELECT q.v - ARRAY['ppm', 'weight'] AS check, (q.v ->> 'ppm')::bigint AS ppm, c.rows, c.member_id
        FROM licensing.contribution AS c, pg_catalog.jsonb_array_elements(c.quality) AS q (v)
        WHERE c.pool_id = v_pool.pool_id AND c.state = 'accepted' AND c.rows > 0),
    mean AS (
        SELECT w.n, w.v, pg_catalog.count(DISTINCT r.member_id) >= 5 AS shown,
            1000 * pg_catalog.floor(pg_catalog.sum(r.ppm::numeric * r.rows) / pg_catalog.sum(r.rows) / 1000)::bigint AS ppm
        FROM pg_catalog.jsonb_array_elements(v_version.charter -> 'quality') WITH ORDINALITY AS w (v, n)
        LEFT JOIN result AS r ON r.check = w.v - 'weight'
        GROUP BY w.n, w.v)
    SELECT pg_catalog.jsonb_agg(m.v || pg_catalog.jsonb_build_object('ppm', CASE WHEN m.shown THEN m.ppm END) ORDER BY m.n),
        pg_catalog.bool_and(m.shown) INTO v_checks, v_shown FROM mean AS m;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('pool', v_pool.ref, 'charter_version', v_version.version,
            'checks', v_checks,
            'quality_ppm', CASE WHEN v_shown THEN (SELECT pg_catalog.floor(pg_catalog.sum((k.v ->> 'weight')::numeric * (k.v ->> 'ppm')::bigint) / 1000000)
                                                   FROM pg_catalog.jsonb_array_elements(v_checks) AS k (v)) END,
            'members', CASE WHEN pg_catalog.count(DISTINCT c.member_id) >= 5 THEN pg_catalog.count(DISTINCT c.member_id) END,
            'contributions', CASE WHEN pg_catalog.count(DISTINCT c.member_id) >= 5 THEN pg_catalog.count(*) END))
        FROM licensing.contribution AS c WHERE c.pool_id = v_pool.pool_id AND c.state = 'accepted');
END
$$;
