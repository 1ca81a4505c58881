-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: who would be on the roll of a vote if it were taken now: of the proposal's rule row, and where that is one class, of the class its effect names; whom it would expel is not.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.electors(p governance.proposal) RETURNS TABLE (member_id uuid, class text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.member_id, s.class FROM governance.member_standing AS s
    WHERE s.member_id IS DISTINCT FROM governance.accused_of(p) AND CASE p.rule ->> 'electorate' WHEN 'board' THEN governance.is_office(s.member_id, 'board')
               WHEN 'own_class' THEN s.eligible AND s.class = (SELECT governance.effect_of(p.id) ->> 'class') ELSE s.eligible END;
$$;
