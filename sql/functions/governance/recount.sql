-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: recounts every reading of a proposal from the rows: each roll against its hash, voted flags against votes or ballots, opened choices against
--          their commits, the decision rule in SQL. carried, or what stands against it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.recount(p_id uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_proposal governance.proposal := (SELECT p FROM governance.proposal AS p WHERE p.id = p_id);
    v_head governance.roll_head;
    v_outcome text;
BEGIN
    IF governance.is_uncontested(v_proposal) THEN
        RETURN 'carried';
    END IF;
    FOR v_reading IN 1 .. v_proposal.reading LOOP
        SELECT * INTO v_head FROM governance.roll_head WHERE proposal_id = p_id AND reading = v_reading;
        IF NOT FOUND OR v_head.sha256 <> governance.hash_roll(p_id, v_reading) THEN
            RETURN 'no_roll';
        END IF;
        v_outcome := CASE WHEN v_head.sealed THEN governance.recount_box(p_id, v_reading)
            WHEN EXISTS (SELECT FROM governance.roll AS r WHERE r.proposal_id = p_id AND r.reading = v_reading AND r.voted <> EXISTS (
                     SELECT FROM governance.named_vote AS n
                     WHERE n.proposal_id = p_id AND n.reading = v_reading AND n.member_id = r.member_id)) THEN 'votes_differ' END;
        v_outcome := COALESCE(v_outcome, governance.decide(v_proposal.rule, governance.count_votes(p_id, v_reading)) ->> 'outcome');
        IF v_outcome <> 'carried' THEN
            RETURN v_outcome;
        END IF;
    END LOOP;
    RETURN v_outcome;
END
$$;
