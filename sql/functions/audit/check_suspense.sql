-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: B6: entries that nobody has explained for more than thirty days: those whose history ends in suspense, by what is older, the match or its transaction.
-- Outcomes: none; a row is a finding: found is the day it began to wait.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_suspense(p_as_of timestamptz)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, minor bigint, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'bank_entry', n.id::text, 'suspense', 'explained within 30 days', 'waits since ' || pg_catalog.timezone('UTC', x.since)::date, n.minor,
        'nobody has said what this entry of ' || n.booked_on || ' is: ask the payer, or send it back'
    FROM payout.bank_entry AS n CROSS JOIN LATERAL (SELECT m.kind, m.at, m.txn_id FROM payout.entry_match AS m WHERE m.entry_id = n.id ORDER BY m.step DESC LIMIT 1) AS l
    LEFT JOIN payout.txn AS t ON t.txn_id = l.txn_id CROSS JOIN LATERAL (SELECT LEAST(l.at, t.recorded_at) AS since) AS x
    WHERE l.kind IN ('suspense', 'suspense_debit') AND x.since < p_as_of - '30 days'::interval;
$$;
