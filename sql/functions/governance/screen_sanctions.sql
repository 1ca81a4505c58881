-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: where a sanction has begun or ended since the last look, what it touches is screened again, once for each change. How many.
-- Outcomes: none.
-- Locks: those of licensing.rescreen.
CREATE OR REPLACE FUNCTION governance.screen_sanctions() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_row record;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT s.id, e.event, COALESCE(s.organisation_id, licensing.organisation_of(s.person_id)) AS organisation_id, s.purpose
        FROM governance.sanction_in_force AS s CROSS JOIN LATERAL (VALUES ('began', s.from_at), ('ended', s.until_at)) AS e (event, at)
        WHERE e.at <= v_now AND (s.until_at IS NULL OR s.until_at > s.from_at)
          AND NOT EXISTS (SELECT FROM governance.sanction_screening AS x WHERE x.sanction_id = s.id AND x.event = e.event)
        ORDER BY e.at, s.id LOOP
        INSERT INTO governance.sanction_screening (sanction_id, event, at) VALUES (v_row.id, v_row.event, v_now) ON CONFLICT DO NOTHING;
        IF v_row.organisation_id IS NOT NULL THEN
            PERFORM licensing.rescreen(v_row.organisation_id, v_row.purpose);
        END IF;
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;
