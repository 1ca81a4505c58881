-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the clock of governance, called every second by the workers: the end of the bootstrap clause, all proposals, cases and
--          appeals, sanctions that begin or end, policies that end, ballots of the last hour, dues that ran out, elections. Idempotent; one thing that fails does not hold up the others. How many moves were made.
-- Outcomes: none.
-- Locks: advisory transaction lock on the tick (a second caller goes away); each proposal, exclusive, then what is about one.
CREATE OR REPLACE FUNCTION governance.tick() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_row record;
    v_moves integer := 0;
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('governance.tick', 1)) THEN
        RETURN 0;
    END IF;
    FOR v_row IN
        SELECT 1 AS n, 'bootstrap' AS what, NULL::uuid AS id, NULL::timestamptz AS since
        UNION ALL
        SELECT 2, 'proposal', p.id, p.state_at FROM governance.proposal AS p
        WHERE p.state IN ('submitted', 'admitted', 'discussion', 'referred', 'frozen', 'second_reading', 'voting', 'cooling')
        UNION ALL
        SELECT 2, 'proposal', p.id, p.state_at FROM governance.proposal AS p WHERE p.state = 'closed' AND NOT p.named
        UNION ALL
        SELECT 3, 'case', c.id, NULL FROM governance.council_case AS c WHERE c.state = 'open' AND c.closes_at <= v_now
        UNION ALL
        SELECT 4, 'appeal', a.id, NULL FROM governance.panel_case AS a WHERE a.state <> 'decided'
        UNION ALL
        SELECT 5, 'reminders', NULL, NULL
        UNION ALL
        SELECT 6, 'sanctions', NULL, NULL
        UNION ALL
        SELECT 7, 'policy', p.id, NULL FROM governance.proposal AS p JOIN governance.policy AS o ON o.proposal_id = p.id
        WHERE p.state = 'in_force' AND o.until_at <= v_now
        UNION ALL
        -- a little under the hour, so that with the merge delay a checkpoint is never older
        SELECT 8, 'ballots', p.id, NULL FROM governance.proposal AS p
        WHERE p.state = 'voting' AND COALESCE((SELECT pg_catalog.max(b.at) FROM governance.ballot_log AS b
            WHERE b.proposal_id = p.id AND b.reading = p.reading), p.opens_at) <= v_now - interval '58 minutes'
        UNION ALL
        SELECT 9, 'dues', NULL, NULL WHERE EXISTS (SELECT FROM governance.dues_watch AS w WHERE w.at <= v_now)
        UNION ALL
        SELECT 10, 'elections', NULL, NULL
        ORDER BY n, since, id LOOP
        v_moves := v_moves + governance.advance_due(v_row.what, v_row.id);
    END LOOP;
    RETURN v_moves;
END
$$;
