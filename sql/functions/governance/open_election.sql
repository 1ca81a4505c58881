-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens the election of a body, or of one class of the board, when it is time: so early that discussion, ceremony, voting and
--          reveal, if all of them take their full time, end with the term (but not before the last third of one). Not while one is under way; one that came
--          to nothing is opened again when retry_seconds are over. The new term is counted from the end of the old one. True when it opened one.
-- Outcomes: none.
-- Locks: the new proposal.
CREATE OR REPLACE FUNCTION governance.open_election(p_body text, p_class text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_bodies jsonb := (SELECT c.doc -> 'bodies' -> p_body FROM governance.charter AS c);
    v_term interval := (v_bodies ->> 'term_seconds')::bigint * interval '1 second';
    v_seats integer := COALESCE(v_bodies ->> 'seats_per_class', v_bodies ->> 'seats')::integer;
    v_due timestamptz := governance.election_due(p_body, p_class, v_term);
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_type text := p_body || '_election';
    r governance.rule_version := (SELECT x FROM governance.rule_version AS x WHERE x.type = v_type ORDER BY x.version DESC LIMIT 1);
    v_lead interval := governance.add_seconds(governance.add_seconds(v_now, r.rule, 'discussion_seconds'), r.rule, 'voting_seconds') - v_now
        + governance.duration('ceremony_seconds') + governance.duration('reveal_seconds');
    v_id uuid;
BEGIN
    IF v_due - LEAST(v_lead, v_term / 3) <= v_now AND r.rule ->> 'method' = 'scottish-stv' AND NOT EXISTS (
            SELECT FROM governance.proposal AS p WHERE p.type = v_type AND p.subject = v_type || ':' || COALESCE(p_class, 'all') AND CASE
                WHEN p.state IN ('lapsed', 'rejected', 'annulled') THEN p.state_at + governance.duration('retry_seconds') > v_now
                ELSE p.state NOT IN ('in_force', 'superseded') END) THEN
        v_id := governance.write_election(r, v_type || ':' || COALESCE(p_class, 'all'), pg_catalog.jsonb_build_object('schema', 'seats', 'body', p_body,
            'class', p_class, 'seats', v_seats, 'until', log.time_text(v_due + v_term)));
        PERFORM governance.admit_proposal(v_id);
        RETURN true;
    END IF;
    RETURN false;
END
$$;
