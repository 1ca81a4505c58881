-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the front page tells everybody: assets, active members of each class, money of the year, open votes, newest tree head.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.read_overview() RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object(
        'assets', COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('ref', a.ref, 'kind', a.kind, 'title', a.title,
            'disposition', a.disposition) ORDER BY a.ref) FROM governance.asset_register AS a), '[]'),
        'members', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('class', c.class, 'active',
            (SELECT pg_catalog.count(*) FROM governance.member_standing AS m WHERE m.class = c.class AND m.standing = 'active')) ORDER BY c.n)
            FROM (VALUES (1, 'U'), (2, 'W'), (3, 'C')) AS c (n, class)),
        'money', payout.sum_year(pg_catalog.date_part('year', pg_catalog.now() AT TIME ZONE 'UTC')::integer),
        'votes', (governance.list_proposals(NULL, 'voting', NULL, NULL, 50)).body -> 'items',
        'tree_head', log.newest_head()));
$$;
