-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a sanction as everybody may see it: proposed, confirmed or refused by its case, in force, over, lifted. Persons are not named.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.sanction_body(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', s.id, 'organisation_id', s.organisation_id,
        'against', CASE WHEN s.organisation_id IS NULL THEN 'person' ELSE 'organisation' END, 'purpose', s.purpose, 'pool', s.pool,
        'from', log.time_text(COALESCE(f.from_at, s.from_at)), 'until', log.time_text(COALESCE(f.until_at, s.until_at)), 'reason', s.reason,
        'case_id', s.case_id, 'proposal_id', s.proposal_id,
        'proposed_by', CASE WHEN s.proposal_id IS NOT NULL THEN 'board' WHEN s.proposed_by IS NULL THEN NULL
            WHEN EXISTS (SELECT FROM governance.office AS o WHERE o.member_id = s.proposed_by AND o.body = 'council') THEN 'council'
            WHEN EXISTS (SELECT FROM governance.office AS o WHERE o.member_id = s.proposed_by AND o.body = 'board') THEN 'board' ELSE 'licensing_officer' END,
        'state', CASE WHEN c.state = 'open' THEN 'proposed' WHEN NOT COALESCE(c.approved, false) THEN 'refused' WHEN f.id IS NULL THEN 'over'
            WHEN f.until_at <= n.now AND f.until_at IS DISTINCT FROM s.until_at THEN 'lifted' WHEN f.until_at <= n.now THEN 'over'
            WHEN f.from_at > n.now THEN 'confirmed' ELSE 'in_force' END,
        'lifts', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', l.id, 'reason', l.reason, 'case_id', l.case_id, 'appeal_id', l.appeal_id,
                'state', CASE WHEN l.appeal_id IS NOT NULL OR k.approved THEN 'lifted' WHEN k.state = 'open' THEN 'proposed' ELSE 'refused' END) ORDER BY l.at, l.id), '[]')
            FROM governance.sanction_lift AS l LEFT JOIN governance.council_case AS k ON k.id = l.case_id WHERE l.sanction_id = s.id))
    FROM governance.sanction AS s JOIN governance.council_case AS c ON c.id = s.case_id
    LEFT JOIN governance.sanction_in_force AS f ON f.id = s.id CROSS JOIN (SELECT pg_catalog.clock_timestamp() AS now) AS n WHERE s.id = p_id;
$$;
