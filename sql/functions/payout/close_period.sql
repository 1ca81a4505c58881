-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: closes a month whose checks hold (payout.period_checks): the trial balance is frozen, hashed and logged. Months close in order. What belongs to it and comes
--          later is booked in the first open month and names it.
-- Outcomes: closed, also for a month that is closed already; not_reconciled, not_allowed_here, forbidden, not_found.
-- Locks: the month (advisory), so that every booking in it is over, and the period.
CREATE OR REPLACE FUNCTION payout.close_period(p_actor uuid, p_month text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_month date := CASE WHEN p_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$' THEN (p_month || '-01')::date END;
    v_state text;
    v_check record;
    v_hash text;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer closes periods');
    END IF;
    PERFORM payout.lock_month(v_month, false);
    SELECT state INTO v_state FROM payout.period WHERE month = v_month FOR UPDATE;
    IF v_state IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such month in the book');
    END IF;
    IF v_state = 'closed' THEN
        RETURN log.answer('closed', payout.period_json(v_month));
    END IF;
    SELECT c.item, c.detail INTO v_check FROM payout.period_checks(v_month) AS c WHERE c.blocking AND NOT c.done ORDER BY c.item NOT IN ('month_over', 'earlier_closed'), c.item LIMIT 1;
    IF FOUND THEN
        RETURN log.refusal(CASE WHEN v_check.item IN ('month_over', 'earlier_closed') THEN 'not_allowed_here' ELSE 'not_reconciled' END, v_check.detail);
    END IF;
    UPDATE payout.period SET state = 'closing' WHERE month = v_month;
    INSERT INTO payout.period_balance (month, owner_id, account_id, minor)
    SELECT v_month, x.owner_id, x.account_id, pg_catalog.sum(x.minor) FROM (
        SELECT b.owner_id, b.account_id, b.minor FROM payout.period_balance AS b
        WHERE b.month = (SELECT pg_catalog.max(p.month) FROM payout.period AS p WHERE p.month < v_month AND p.state = 'closed')
        UNION ALL
        SELECT p.owner_id, p.account_id, p.minor FROM payout.posting AS p
        WHERE p.month <= v_month AND p.month > COALESCE((SELECT pg_catalog.max(q.month) FROM payout.period AS q WHERE q.month < v_month AND q.state = 'closed'), '-infinity')) AS x
    GROUP BY x.owner_id, x.account_id HAVING pg_catalog.sum(x.minor) <> 0;
    -- Written as text: a document of a million accounts is too large to go through jsonb.
    SELECT payout.store_evidence('application/json', pg_catalog.convert_to(pg_catalog.format('{"accounts":[%s],"currency":"%s","month":"%s","schema":"trial-balance/1"}',
        pg_catalog.string_agg('["' || a.path || '",' || b.minor || ']', ',' ORDER BY a.path COLLATE "C"), payout.currency(), p_month), 'UTF8')) INTO v_hash
    FROM payout.period_balance AS b JOIN payout.account AS a USING (owner_id, account_id) WHERE b.month = v_month;
    UPDATE payout.period SET state = 'closed', closed_at = pg_catalog.clock_timestamp(), closed_by = p_actor, balance_sha256 = v_hash WHERE month = v_month;
    PERFORM log.append_leaf('period', p_month, v_hash, pg_catalog.jsonb_build_object('month', p_month));
    RETURN log.answer('closed', payout.period_json(v_month));
END
$$;
