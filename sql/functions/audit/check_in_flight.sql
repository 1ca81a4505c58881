-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: O6: nothing is in flight of a batch that is closed, was never released or does not exist (breach); no batch is open longer than the charter's
--          payout_lag_seconds (lag), counted from its release, before that from when it was made.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_in_flight(p_as_of text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text, severity text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH flight AS MATERIALIZED (
        SELECT pg_catalog.split_part(a.path, ':', 3) AS batch, pg_catalog.sum(p.minor) AS minor
        FROM payout.account AS a JOIN payout.posting AS p USING (owner_id, account_id)
        WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path LIKE 'Liabilities:PayoutInFlight:%' GROUP BY a.path),
    open AS (
        SELECT b.id, b.state, COALESCE((SELECT pg_catalog.max(e.at) FROM payout.batch_event AS e WHERE e.batch_id = b.id AND e.state = 'releasing'), b.made_at) AS since
        FROM payout.batch AS b WHERE b.state NOT IN ('closed', 'cancelled'))
    SELECT 'batch', f.batch, 'in flight', '0', f.minor::text, f.minor::bigint, 'outside',
        'money is on its way of a batch that is ' || COALESCE(b.state, 'unknown') || ': a payment ended without its booking, or was booked on another batch', 'breach'
    FROM flight AS f LEFT JOIN payout.batch AS b ON b.id::text = f.batch
    WHERE f.minor <> 0 AND COALESCE(b.state, 'none') NOT IN ('releasing', 'sent', 'unknown', 'refused')
    UNION ALL
    SELECT 'batch', o.id::text, 'open', 'closed in time', o.state, CASE WHEN f.minor <> 0 THEN -f.minor::bigint END, CASE WHEN f.minor <> 0 THEN 'trust' END,
        'the batch is open longer than the charter allows: ask the bank, or cancel it', 'lag'
    FROM open AS o LEFT JOIN flight AS f ON f.batch = o.id::text WHERE o.since < p_as_of::timestamptz - audit.payout_lag();
$$;
