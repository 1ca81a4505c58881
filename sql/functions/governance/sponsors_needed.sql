-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: how many sponsors a proposal needs: the share of eligible members, of the class where it is one, rounded up, and at least the minimum. (Of
--          an election the row says how many nominate each candidate: itself it needs none.)
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.sponsors_needed(p governance.proposal) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p.rule ->> 'method' = 'scottish-stv' THEN 0 ELSE GREATEST((p.rule ->> 'sponsors_min')::bigint,
        ((p.rule ->> 'sponsors_num')::bigint * e.n + (p.rule ->> 'sponsors_den')::bigint - 1) / (p.rule ->> 'sponsors_den')::bigint) END
    FROM (SELECT pg_catalog.count(*) AS n FROM governance.member_standing AS s
          WHERE s.eligible AND (p.rule ->> 'electorate' <> 'own_class' OR s.class = (SELECT governance.effect_of(p.id) ->> 'class'))) AS e;
$$;
