-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stewards and deputies who may take part in the draw of an appeal: seated, in good standing, without interest in it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.stewards_of(p_appeal uuid) RETURNS TABLE (class text, member_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT pg_catalog."left"(o.seat, 1), o.member_id
    FROM governance.office_in_force AS o JOIN governance.panel_case AS a ON a.id = p_appeal
    WHERE o.body IN ('steward', 'steward_deputy') AND governance.is_office(o.member_id, o.body)
      AND o.from_at <= pg_catalog.clock_timestamp() AND o.until_at > pg_catalog.clock_timestamp()
      AND o.member_id IS DISTINCT FROM a.appellant AND o.member_id <> a.subject AND NOT governance.is_staff(o.member_id, a.organisation_id)
      AND NOT EXISTS (SELECT FROM governance.proposal AS p WHERE p.id = a.subject AND p.author = o.member_id);
$$;
