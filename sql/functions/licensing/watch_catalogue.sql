-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what no row of licensing tells the catalogue: prohibitions that began or ended, terms that begin or end to be valid. Called
--          by licensing.tick; each pool concerned is marked. (Consents that run out get an event: licensing.expire_consents.)
-- Outcomes: none; how many were marked.
-- Locks: the row of catalogue_watch; those of job.enqueue.
CREATE OR REPLACE FUNCTION licensing.watch_catalogue() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_seen licensing.catalogue_watch;
    v_prohibitions jsonb;
    v_changed text[];
    v_marked integer := 0;
    v_pool uuid;
BEGIN
    SELECT * INTO v_seen FROM licensing.catalogue_watch;
    SELECT COALESCE(pg_catalog.jsonb_agg(DISTINCT p.purpose ORDER BY p.purpose), '[]') INTO v_prohibitions
    FROM governance.prohibition_in_force AS p WHERE p.from_at <= v_now AND (p.until_at IS NULL OR p.until_at > v_now);
    IF v_prohibitions <> v_seen.prohibitions THEN
        SELECT pg_catalog.array_agg(c.code) INTO v_changed FROM (
            (SELECT pg_catalog.jsonb_array_elements_text(v_prohibitions) EXCEPT SELECT pg_catalog.jsonb_array_elements_text(v_seen.prohibitions))
            UNION
            (SELECT pg_catalog.jsonb_array_elements_text(v_seen.prohibitions) EXCEPT SELECT pg_catalog.jsonb_array_elements_text(v_prohibitions))
        ) AS c (code);
        FOR v_pool IN SELECT e.pool_id FROM licensing.catalogue_entry AS e
            WHERE e.offered && (SELECT pg_catalog.array_agg(b.code) FROM licensing.purpose_below AS b WHERE b.ancestor = ANY (v_changed))
                OR EXISTS (SELECT FROM pg_catalog.unnest(v_changed) AS u (code) WHERE u.code NOT IN (SELECT q.code FROM licensing.purpose AS q))
            ORDER BY e.pool_id LOOP
            PERFORM licensing.refresh_catalogue(v_pool);
            v_marked := v_marked + 1;
        END LOOP;
        UPDATE licensing.catalogue_watch SET prohibitions = v_prohibitions;
    END IF;
    FOR v_pool IN UPDATE licensing.catalogue_entry SET look_at = v_now + interval '1 minute'
        WHERE pool_id IN (SELECT e.pool_id FROM licensing.catalogue_entry AS e WHERE e.look_at <= v_now ORDER BY e.look_at LIMIT 100
                          FOR UPDATE SKIP LOCKED)
        RETURNING pool_id LOOP
        PERFORM licensing.refresh_catalogue(v_pool);
        v_marked := v_marked + 1;
    END LOOP;
    RETURN v_marked;
END
$$;
