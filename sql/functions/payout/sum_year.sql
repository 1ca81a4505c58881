-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what came into the trust's bank accounts in a year and what went out, so far: {year, in, out}. Between own accounts nothing comes or goes.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.sum_year(p_year integer) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('year', p_year,
        'in', payout.money(COALESCE(pg_catalog.sum(t.minor) FILTER (WHERE t.minor > 0), 0)::bigint, payout.currency()),
        'out', payout.money(COALESCE(-pg_catalog.sum(t.minor) FILTER (WHERE t.minor < 0), 0)::bigint, payout.currency()))
    FROM (SELECT pg_catalog.sum(p.minor)::bigint AS minor
          FROM payout.account AS a
          JOIN payout.posting AS p ON p.owner_id = '00000000-0000-0000-0000-000000000000' AND p.account_id = a.account_id
              AND p.month >= pg_catalog.make_date(p_year, 1, 1) AND p.month < pg_catalog.make_date(p_year + 1, 1, 1)
          WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path LIKE 'Assets:Bank:%'
          GROUP BY p.txn_id) AS t;
$$;
