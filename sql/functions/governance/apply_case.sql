-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what follows from a decided case: its leaf; the opinion on a proposal, or its referral; a sanction that takes effect or ends.
-- Outcomes: none.
-- Locks: the proposal, exclusive, for a referral.
CREATE OR REPLACE FUNCTION governance.apply_case(p_case uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c governance.council_case := (SELECT x FROM governance.council_case AS x WHERE x.id = p_case);
    p governance.proposal;
    n jsonb := governance.count_case(p_case);
BEGIN
    PERFORM pg_catalog.pg_notify('council_decision', p_case::text);
    PERFORM log.append_leaf('council_case', p_case::text, governance.hash_text(log.canonical(governance.case_record(p_case))),
        pg_catalog.jsonb_build_object('kind', c.kind, 'decided_by', c.body_name, 'approved', c.approved, 'seats', n -> 'seats', 'yes', n -> 'yes', 'no', n -> 'no'));
    IF c.kind IN ('opinion', 'concurrence') THEN
        INSERT INTO governance.opinion (proposal_id, version, kind, case_id, approved, at)
        VALUES (c.subject, c.version, c.kind, p_case, c.approved, c.decided_at) ON CONFLICT DO NOTHING;
    ELSIF c.kind = 'referral' AND c.approved THEN
        p := governance.lock_proposal(c.subject);
        IF p.state = 'discussion' AND NOT p.referred THEN
            PERFORM governance.move_proposal(c.subject, 'referred', NULL, c.body ->> 'reason');
            PERFORM governance.notify_members(ARRAY[p.author], 'proposal ' || c.subject, 'referred', pg_catalog.jsonb_build_object('proposal_id', c.subject));
        END IF;
    ELSIF c.kind = 'sanction' AND c.approved THEN
        PERFORM log.append_leaf('sanction', s.id::text, governance.hash_text(log.canonical(governance.sanction_body(s.id))),
            pg_catalog.jsonb_build_object('event', CASE WHEN c.body ? 'lift' THEN 'lifted' ELSE 'confirmed' END, 'case', p_case))
        FROM governance.sanction AS s WHERE s.id = COALESCE((c.body ->> 'lift')::uuid, c.subject);
        PERFORM governance.screen_sanctions();
    END IF;
END
$$;
