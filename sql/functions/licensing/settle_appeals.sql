-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the consequence of the panel's decisions on revocations: a reversed one is undone, its agreement holds and the grant runs again (and is looked at like any
--          other: what still holds it suspends it, and past its term it expires). One that fails is named in the server's log and tried
--          again the next time; the others go on.
-- Outcomes: none; how many.
-- Locks: advisory locks of the pools, exclusive; the grants' rows.
CREATE OR REPLACE FUNCTION licensing.settle_appeals() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT a.appeal_id, a.grant_id, g.agreement_id, d.upheld FROM licensing.grant_appeal AS a
        JOIN governance.appeal_decision AS d ON d.appeal_id = a.appeal_id JOIN licensing.data_grant AS g ON g.id = a.grant_id
        WHERE NOT EXISTS (SELECT FROM licensing.grant_appeal_end AS e WHERE e.appeal_id = a.appeal_id) AND d.decided_at IS NOT NULL
            AND d.upheld IS NOT NULL ORDER BY g.pool_id, g.id LOOP
        BEGIN
            INSERT INTO licensing.grant_appeal_end (appeal_id, reinstated) VALUES (v_row.appeal_id, NOT v_row.upheld);
            IF NOT v_row.upheld THEN
                PERFORM licensing.move_grant(v_row.grant_id, 'reinstate', 'P', NULL, 'the panel reversed the revocation', false, NULL);
                PERFORM licensing.reinstate_agreement(v_row.agreement_id, 'the panel reversed the revocation');
            END IF;
            v_done := v_done + 1;
        EXCEPTION WHEN OTHERS THEN
            PERFORM log.warn(pg_catalog.format('licensing.settle_appeals: appeal %s on grant %s', v_row.appeal_id, v_row.grant_id), SQLERRM, SQLSTATE);
        END;
    END LOOP;
    RETURN v_done;
END
$$;
