-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: how many sponsors a proposal needs: the share of eligible members rounded up, and at least the minimum.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.sponsors_needed(p_rule jsonb) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT GREATEST((p_rule ->> 'sponsors_min')::bigint,
        ((p_rule ->> 'sponsors_num')::bigint * e.n + (p_rule ->> 'sponsors_den')::bigint - 1) / (p_rule ->> 'sponsors_den')::bigint)
    FROM (SELECT pg_catalog.count(*) AS n FROM governance.member_standing AS s WHERE s.eligible) AS e;
$$;
