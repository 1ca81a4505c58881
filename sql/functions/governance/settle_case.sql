-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: decides a case when all have voted (on it and on each condition) or its time is over, or hands it to the board: fewer
--          than three council seats without conflict, or no quorum in time. When the board has no quorum in time either, the case
--          is not approved: silence never approves.
-- Outcomes: none.
-- Locks: those of governance.lock_case.
CREATE OR REPLACE FUNCTION governance.settle_case(p_case uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c governance.council_case := governance.lock_case(p_case);
    n jsonb;
    v_due boolean;
BEGIN
    IF c.state <> 'open' THEN
        RETURN;
    END IF;
    n := governance.count_case(p_case);
    v_due := c.closes_at <= pg_catalog.clock_timestamp();
    IF c.body_name = 'council' AND ((n ->> 'seats')::integer < 3 OR (v_due AND NOT (n ->> 'quorum')::boolean)) THEN
        UPDATE governance.council_case SET body_name = 'board', closes_at = pg_catalog.clock_timestamp() + governance.duration('council_case_seconds')
        WHERE id = p_case;
        PERFORM governance.seat_case(p_case, 'board');
        RETURN;
    END IF;
    IF NOT v_due AND ((n ->> 'pending')::integer > 0 OR (n ->> 'seats')::integer = 0) THEN
        RETURN;
    END IF;
    UPDATE governance.council_case SET state = 'decided', decided_at = pg_catalog.clock_timestamp(),
        approved = (n ->> 'quorum')::boolean AND (n ->> 'approved')::boolean,
        kept_conditions = CASE WHEN (n ->> 'quorum')::boolean AND (n ->> 'approved')::boolean THEN n -> 'conditions' ELSE '[]' END
    WHERE id = p_case;
    PERFORM governance.apply_case(p_case);
END
$$;
