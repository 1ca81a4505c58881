-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: notices that a sanction or a prohibition came into force, reached its date for old grants, ended or was lifted, and suspends or resumes
--          the running grants it concerns, for half a second at a time; pending ones are looked at. Compares the few rulings there are with what
--          they were last time; grants are read only where one changed, until none is left to be moved (licensing.ruling.done). Where that fails,
--          the server's log says so and each of the grants is looked at by itself (licensing.end_grants), so that one holds up no other.
-- Outcomes: none; how many rulings changed.
-- Locks: advisory locks of the pools, exclusive, in their order; the grants' rows; the rows of licensing.grant_due.
CREATE OR REPLACE FUNCTION licensing.apply_rulings() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_until timestamptz := v_now + interval '500 milliseconds';
    v_row record;
    v_left boolean;
    v_singly boolean;
    v_done integer := 0;
BEGIN
    SET CONSTRAINTS licensing.replay IMMEDIATE; -- what would fail at the commit fails at its ruling
    FOR v_row IN WITH today AS (
            SELECT 'sanction' AS kind, s.id, s.organisation_id, s.pool, s.purpose,
                CASE WHEN s.from_at <= v_now AND (s.until_at IS NULL OR s.until_at > v_now) THEN 'all' ELSE 'none' END AS hits
            FROM governance.sanction_in_force AS s WHERE s.organisation_id IS NOT NULL
            UNION ALL
            SELECT 'prohibition', p.id, NULL, NULL, p.purpose, CASE WHEN p.from_at > v_now OR p.until_at <= v_now THEN 'none'
                WHEN p.old_grants_at <= v_now THEN 'all' ELSE 'new' END
            FROM governance.prohibition_in_force AS p)
        SELECT COALESCE(t.kind, r.kind) AS kind, COALESCE(t.id, r.id) AS id, COALESCE(t.organisation_id, r.organisation_id) AS organisation_id,
            t.pool, COALESCE(t.purpose, r.purpose) AS purpose, COALESCE(t.hits, 'none') AS hits
        FROM today AS t FULL JOIN licensing.ruling AS r ON r.kind = t.kind AND r.id = t.id
        WHERE COALESCE(t.hits, 'none') <> COALESCE(r.hits, 'none') OR NOT r.done LOOP
        INSERT INTO licensing.ruling (kind, id, hits, organisation_id, purpose, done)
        VALUES (v_row.kind, v_row.id, v_row.hits, v_row.organisation_id, v_row.purpose, false)
        ON CONFLICT (kind, id) DO UPDATE SET hits = EXCLUDED.hits, done = false, at = EXCLUDED.at;
        BEGIN
            v_singly := false;
            v_left := CASE v_row.hits WHEN 'all'
                THEN licensing.hold_ruled(v_row.kind, v_row.id, v_row.organisation_id, v_row.pool, v_row.purpose, v_until)
                ELSE licensing.release_ruled(v_row.kind, v_row.id, v_until) END;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'licensing.apply_rulings: the grants of % % are looked at one by one: % (%)', v_row.kind, v_row.id, SQLERRM, SQLSTATE;
            v_left := false;
            v_singly := true;
        END;
        v_done := v_done + 1;
        CONTINUE WHEN v_left;
        UPDATE licensing.ruling SET done = true WHERE kind = v_row.kind AND id = v_row.id;
        UPDATE licensing.grant_due AS d SET at = v_now FROM licensing.data_grant AS g
        WHERE g.id = d.grant_id AND d.at > v_now AND (g.state = 'pending' OR v_singly AND g.state IN ('active', 'suspended'))
            AND (v_row.organisation_id IS NULL OR g.organisation_id = v_row.organisation_id)
            AND (v_row.kind = 'sanction' OR NOT EXISTS (SELECT FROM licensing.purpose AS q WHERE q.code = v_row.purpose)
                 OR g.purpose IN (SELECT b.code FROM licensing.purpose_below AS b WHERE b.ancestor = v_row.purpose));
    END LOOP;
    RETURN v_done;
END
$$;
