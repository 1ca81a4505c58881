-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whose staff a member is and was; for the member and the officers who record it.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_affiliations(p_actor uuid, p_member uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_actor IS DISTINCT FROM p_member AND NOT governance.is_office(p_actor, 'licensing_officer') AND NOT governance.is_office(p_actor, 'membership_officer') THEN
        RETURN log.refusal('not_found', 'no such member, or it is not you');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', a.id,
                'member_id', a.member_id, 'organisation_id', a.organisation_id, 'since', log.time_text(a.at), 'until', log.time_text(e.at)) ORDER BY a.id), '[]'), 'next', NULL))
            FROM governance.affiliation AS a LEFT JOIN governance.affiliation_end AS e ON e.affiliation_id = a.id WHERE a.member_id = p_member);
END
$$;
