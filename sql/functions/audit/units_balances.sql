-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of A6: runs with targets, and the legal reserve with all that moved it and the resolutions for it.
-- Outcomes: none; p_runs as audit.marked_runs takes it; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_balances(p_months date[], p_runs jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH moved AS MATERIALIZED (
        SELECT a.path, t.recorded_at, pg_catalog.concat_ws(',', p.txn_id, p.line, p.minor, t.txn_no, t.recorded_at, t.kind, t.resolution, t.claws_back, r.txn_id) AS text
        FROM payout.account AS a JOIN payout.posting AS p ON p.owner_id = a.owner_id AND p.account_id = a.account_id JOIN payout.txn AS t ON t.txn_id = p.txn_id AND t.month = p.month
        LEFT JOIN payout.reversal AS r ON r.reverses = t.txn_id
        WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND (a.path = 'Equity:Reserve:Legal' OR a.path IN (SELECT s ->> 'to' FROM governance.benefit_rule AS b
            CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(b.doc -> 'steps') AS s WHERE s ->> 'kind' = 'until_target')))
    SELECT r.id::text, r.month::text, CASE WHEN r.text IS NOT NULL THEN audit.digest(r.text || (SELECT COALESCE(pg_catalog.string_agg(m.path || m.text, ';' ORDER BY m.path, m.text), '') FROM moved AS m
        WHERE m.recorded_at <= k.high)) END
    FROM audit.marked_runs(p_runs) AS r CROSS JOIN LATERAL audit.collected(r.id) AS k
    WHERE EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(audit.rule_of(r.id) -> 'steps') AS s WHERE s ->> 'kind' = 'until_target')
    UNION ALL
    SELECT 'reserve', 'none', audit.digest(pg_catalog.concat_ws('|', (SELECT pg_catalog.string_agg(m.text, ';' ORDER BY m.text) FROM moved AS m WHERE m.path = 'Equity:Reserve:Legal'),
        (SELECT pg_catalog.string_agg(y::text || q.state, ';' ORDER BY y.id) FROM governance.policy AS y JOIN governance.proposal AS q ON q.id = y.proposal_id)))
    WHERE EXISTS (SELECT FROM moved AS m WHERE m.path = 'Equity:Reserve:Legal');
$$;
