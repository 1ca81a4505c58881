-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what keeps a member off the panel of an appeal: standing (not an eligible member), office (holds any), interest (party, staff of
--          the organisation, author or sponsor of the proposal, voted on the case or on an earlier panel). NULL: nothing.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.panel_bar(p_appeal uuid, p_member uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN governance.ineligibility(p_member) IS NOT NULL THEN 'standing'
        WHEN EXISTS (SELECT FROM governance.office_in_force AS o WHERE o.member_id = p_member
                         AND o.from_at <= pg_catalog.clock_timestamp() AND o.until_at > pg_catalog.clock_timestamp()) THEN 'office'
        WHEN a.appellant = p_member OR a.subject = p_member OR governance.is_staff(p_member, a.organisation_id)
             OR EXISTS (SELECT FROM governance.proposal AS p WHERE p.id = a.subject AND p.author = p_member)
             OR EXISTS (SELECT FROM governance.sponsor AS s WHERE s.proposal_id = a.subject AND s.member_id = p_member)
             OR EXISTS (SELECT FROM governance.sanction AS s WHERE s.id = a.subject AND (p_member IN (s.proposed_by, s.person_id)
                            OR EXISTS (SELECT FROM governance.proposal AS p WHERE p.id = s.proposal_id AND p.author = p_member)))
             OR EXISTS (SELECT FROM governance.council_case AS c JOIN governance.council_vote AS v ON v.case_id = c.id
                        WHERE v.member_id = p_member AND v.choice IS NOT NULL
                          AND (c.subject = a.subject OR c.id = (SELECT s.case_id FROM governance.sanction AS s WHERE s.id = a.subject)))
             OR EXISTS (SELECT FROM governance.panel_seat AS s WHERE s.appeal_id = a.id AND s.member_id = p_member
                            AND (s.round < a.round OR a.state = 'lot'))
            THEN 'interest'
    END
    FROM governance.panel_case AS a WHERE a.id = p_appeal;
$$;
