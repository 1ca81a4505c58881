-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: decides an appeal when two of its panel agree. A panel that cannot (its time is over, fewer than two seats are filled, or all have
--          voted without two agreeing) makes way for the next draw: silence decides nothing.
-- Outcomes: none.
-- Locks: row of the appeal.
CREATE OR REPLACE FUNCTION governance.settle_appeal(p_appeal uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a governance.panel_case;
    v_seats integer;
    v_uphold integer;
    v_reverse integer;
BEGIN
    SELECT * INTO a FROM governance.panel_case WHERE id = p_appeal FOR UPDATE;
    IF a.state <> 'panel' THEN
        RETURN;
    END IF;
    SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE s.choice = 'uphold'), pg_catalog.count(*) FILTER (WHERE s.choice = 'reverse')
    INTO v_seats, v_uphold, v_reverse FROM governance.panel_of(p_appeal) AS s;
    IF v_uphold >= 2 OR v_reverse >= 2 THEN
        UPDATE governance.panel_case SET state = 'decided', decided_at = pg_catalog.clock_timestamp(), upheld = v_uphold >= 2 WHERE id = p_appeal;
        PERFORM governance.apply_appeal(p_appeal);
    ELSIF a.closes_at <= pg_catalog.clock_timestamp() OR v_seats < 2 OR v_uphold + v_reverse = v_seats THEN
        UPDATE governance.panel_case SET state = 'lot', closes_at = NULL WHERE id = p_appeal;
    END IF;
END
$$;
