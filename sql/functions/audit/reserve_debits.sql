-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for A6: every debit of the legal reserve in the order of the journal, with what it might be: what is left of a resolution in force
--          for that account then, or, of a clawback, what is left of what its distribution gave the reserve. What was reversed before counts no
--          more.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.reserve_debits() RETURNS TABLE (txn_id uuid, resolution text, minor numeric, allowed numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH moved AS MATERIALIZED (
        SELECT t.txn_id, t.txn_no, t.recorded_at, t.kind, t.resolution, t.claws_back, pg_catalog.sum(p.minor) AS minor, b.txn_no AS undone
        FROM payout.account AS a JOIN payout.posting AS p ON p.owner_id = a.owner_id AND p.account_id = a.account_id JOIN payout.txn AS t ON t.txn_id = p.txn_id AND t.month = p.month
        LEFT JOIN payout.reversal AS r ON r.reverses = t.txn_id LEFT JOIN payout.txn AS b ON b.txn_id = r.txn_id
        WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path = 'Equity:Reserve:Legal' GROUP BY t.txn_id, t.txn_no, t.recorded_at, t.kind, t.resolution, t.claws_back, b.txn_no)
    SELECT m.txn_id, m.resolution, m.minor, GREATEST(0, CASE
        WHEN m.claws_back IS NOT NULL THEN (SELECT -pg_catalog.sum(o.minor) FROM moved AS o WHERE o.txn_id = m.claws_back AND o.kind = 'distribution' OR o.claws_back = m.claws_back AND o.txn_no < m.txn_no)
        ELSE (SELECT (s ->> 'most')::numeric - COALESCE((SELECT pg_catalog.sum(o.minor) FROM moved AS o WHERE o.resolution = m.resolution AND o.minor > 0 AND o.txn_no < m.txn_no
                AND (o.undone IS NULL OR o.undone > m.txn_no)), 0)
            FROM governance.policy AS y JOIN governance.proposal AS q ON q.id = y.proposal_id AND q.state IN ('in_force', 'superseded', 'expired')
            CROSS JOIN LATERAL (SELECT pg_catalog.jsonb_build_object('most', e #> '{max,minor}') AS s FROM pg_catalog.jsonb_array_elements(y.spend) AS e WHERE e ->> 'account' = 'Equity:Reserve:Legal' LIMIT 1) AS x
            WHERE y.proposal_id::text = m.resolution AND y.from_at <= m.recorded_at AND (y.until_at IS NULL OR y.until_at > m.recorded_at)) END)
    FROM moved AS m WHERE m.minor > 0;
$$;
