-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens the accounts of a booking that are not there yet, with the bounds of the chart.
-- Outcomes: none.
-- Locks: the unique index of payout.account.
CREATE OR REPLACE FUNCTION payout.open_accounts(p_lines payout.line_draft[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH opened AS (
        INSERT INTO payout.account (owner_id, path, kind, min_minor, max_minor)
        SELECT l.owner_id, l.path, c.kind, c.min_minor, c.max_minor
        FROM (SELECT DISTINCT u.owner_id, u.path FROM pg_catalog.unnest(p_lines) AS u) AS l JOIN payout.chart AS c ON c.shape = payout.chart_shape(l.path)
        WHERE NOT EXISTS (SELECT FROM payout.account AS a WHERE a.owner_id = l.owner_id AND a.path = l.path)
        ORDER BY l.owner_id, l.path
        ON CONFLICT (owner_id, path) DO NOTHING
        RETURNING owner_id, account_id, path, min_minor, max_minor)
    INSERT INTO payout.balance (owner_id, account_id, min_minor, max_minor, class)
    SELECT owner_id, account_id, min_minor, max_minor, payout.account_class(owner_id, path) FROM opened;
$$;
