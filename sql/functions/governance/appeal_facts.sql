-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what an appeal by somebody would be about: whether they are a party, which act it is and when it was, whether it can still be
--          undone, and what stands in the way.
-- Outcomes: none; no row or party false where there is nothing to appeal against.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.appeal_facts(p_actor uuid, p_kind text, p_subject uuid)
RETURNS TABLE (party boolean, act text, act_at timestamptz, organisation_id uuid, standing boolean, hindrance text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    CASE p_kind
    WHEN 'expulsion' THEN
        RETURN QUERY SELECT p_subject = p_actor, s.seq::text, s.since_at, NULL::uuid, true, NULL::text
        FROM governance.standing AS s WHERE s.member_id = p_subject AND s.standing = 'expelled'
            AND s.seq = (SELECT pg_catalog.max(x.seq) FROM governance.standing AS x WHERE x.member_id = p_subject);
    WHEN 'sanction' THEN
        RETURN QUERY SELECT s.person_id IS NOT DISTINCT FROM p_actor
                OR (s.organisation_id IS NOT NULL AND licensing.person_role(p_actor, s.organisation_id) IS NOT DISTINCT FROM 'signatory'),
            '1', c.decided_at, s.organisation_id, f.until_at IS NULL OR f.until_at > pg_catalog.clock_timestamp(),
            CASE WHEN c.state = 'open' THEN 'the sanction has not been confirmed' WHEN NOT COALESCE(c.approved, false) THEN 'the sanction was not confirmed' END
        FROM governance.sanction AS s JOIN governance.council_case AS c ON c.id = s.case_id
        LEFT JOIN governance.sanction_in_force AS f ON f.id = s.id WHERE s.id = p_subject;
    WHEN 'vote' THEN
        RETURN QUERY SELECT EXISTS (SELECT FROM governance.roll AS r WHERE r.proposal_id = p.id AND r.reading = p.reading AND r.member_id = p_actor),
            p.reading::text, e.at, NULL::uuid, p.state IN ('closed', 'tallied', 'carried', 'cooling'),
            CASE WHEN e.at IS NULL OR p.state IN ('voting', 'second_reading') THEN 'the vote has not closed' END
        FROM governance.proposal AS p LEFT JOIN LATERAL (SELECT pg_catalog.max(x.at) AS at FROM governance.proposal_event AS x
            WHERE x.proposal_id = p.id AND x.to_state = 'closed') AS e ON true
        WHERE p.id = p_subject AND p.state <> 'draft';
    END CASE;
END
$$;
