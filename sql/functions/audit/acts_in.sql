-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what people in office did in one month, as far as an office is needed for it: who, when, in which body. Approvals of batches are O4's.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.acts_in(p_month date) RETURNS TABLE (object_type text, object_id text, act text, actor uuid, at timestamptz, body text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH span AS (SELECT p_month::timestamp AT TIME ZONE 'UTC' AS since, (p_month::timestamp + '1 month'::interval) AT TIME ZONE 'UTC' AS before)
    SELECT x.object_type, x.object_id, x.act, x.actor, x.at, 'treasurer' FROM span AS s CROSS JOIN LATERAL (
        SELECT 'txn' AS object_type, t.txn_id::text AS object_id, 'booked' AS act, t.actor, t.recorded_at AS at FROM payout.txn AS t
        WHERE t.kind IN ('bank_opening', 'invoice', 'credit_note', 'distribution', 'batch_released', 'resolution', 'commitment', 'commitment_spent', 'commitment_lapsed', 'bank_fee',
            'dues', 'grant', 'interest') AND t.recorded_at >= s.since AND t.recorded_at < s.before
        UNION ALL SELECT 'run', r.id::text, 'opened', r.opened_by, r.opened_at FROM payout.run AS r
        UNION ALL SELECT 'run', r.id::text, 'confirmed', r.confirmed_by, r.confirmed_at FROM payout.run AS r
        UNION ALL SELECT 'batch', b.id::text, 'made', b.made_by, b.made_at FROM payout.batch AS b
        UNION ALL SELECT 'batch', e.batch_id::text, e.state, e.actor, e.at FROM payout.batch_event AS e WHERE e.state IN ('frozen', 'releasing', 'cancelled')
        UNION ALL SELECT 'bill', b.id::text, 'made', b.made_by, b.made_at FROM payout.bill AS b
        UNION ALL SELECT 'commitment', c.id::text, 'made', c.made_by, c.made_at FROM payout.commitment AS c
        UNION ALL SELECT 'invoice', w.invoice_id::text, 'written off', w.written_off_by, w.written_off_at FROM payout.write_off AS w
        UNION ALL SELECT 'period', p.month::text, 'closed', p.closed_by, p.closed_at FROM payout.period AS p) AS x
    WHERE x.actor IS NOT NULL AND x.at >= s.since AND x.at < s.before
    UNION ALL
    -- Whoever was seated when the case opened votes on it, also later.
    SELECT 'council_case', v.case_id::text, 'voted in seat ' || v.seat, v.member_id, c.opened_at, v.body_name
    FROM span AS s CROSS JOIN governance.council_vote AS v JOIN governance.council_case AS c ON c.id = v.case_id
    WHERE v.choice IS NOT NULL AND v.at >= s.since AND v.at < s.before;
$$;
