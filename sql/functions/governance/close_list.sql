-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: at the end of a discussion: whether there is enough to choose from. Fewer candidates than one more than the seats keep nominations
--          open once for extension_seconds; nothing at all ends it. True when it did one of both: the proposal is not to be frozen.
-- Outcomes: none.
-- Locks: the caller has the proposal; of a budget round every project that may be on its ballot, in the order of their ids: nobody says another cost while
--        the list is closed.
CREATE OR REPLACE FUNCTION governance.close_list(p governance.proposal) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_effect jsonb := governance.effect_of(p.id);
    v_seats integer := (v_effect ->> 'seats')::integer;
    v_options integer;
BEGIN
    IF v_effect ->> 'schema' = 'budget_awards' THEN
        PERFORM governance.lock_project(NULL, j.id) FROM (SELECT x.id FROM governance.project_now AS x WHERE x.state IN ('proposed', 'costed') ORDER BY x.id) AS j;
    END IF;
    v_options := pg_catalog.jsonb_array_length(governance.list_options(p));
    IF v_options > COALESCE(v_seats, 0) OR v_options IS NULL THEN
        RETURN false;
    ELSIF v_seats IS NOT NULL AND p.extended_until IS NULL THEN
        UPDATE governance.proposal SET extended_until = pg_catalog.clock_timestamp() + governance.duration('extension_seconds') WHERE id = p.id;
        INSERT INTO governance.proposal_event (proposal_id, seq, at, from_state, to_state, actor, reason)
        SELECT p.id, pg_catalog.max(e.seq) + 1, pg_catalog.clock_timestamp(), p.state, p.state, NULL, 'extended: ' || v_options || ' candidates for ' || v_seats || ' seats'
        FROM governance.proposal_event AS e WHERE e.proposal_id = p.id;
        RETURN true;
    ELSIF v_options = 0 THEN
        PERFORM governance.move_proposal(p.id, 'lapsed', NULL, CASE WHEN v_seats IS NULL THEN 'no project is ready' ELSE 'no candidates' END);
        PERFORM governance.notify_electors(p.id, 'result');
        RETURN true;
    END IF;
    RETURN false;
END
$$;
