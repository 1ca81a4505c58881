-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: closes a month that is over: every bank account reconciled to a statement up to its end, Transit and Clawback at zero; the trial balance is frozen, hashed and logged. Months close in order.
-- Outcomes: closed, not_reconciled, not_allowed_here, forbidden, not_found.
-- Locks: the period, and by it every booking in that month.
CREATE OR REPLACE FUNCTION payout.close_period(p_actor uuid, p_month text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_month date := CASE WHEN p_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$' THEN (p_month || '-01')::date END;
    v_state text;
    v_text text;
    v_hash text;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer closes periods');
    END IF;
    SELECT state INTO v_state FROM payout.period WHERE month = v_month FOR UPDATE;
    IF v_state IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such month in the book');
    END IF;
    IF v_state <> 'open' OR (v_month + '1 month'::interval)::date > payout.today()
        OR EXISTS (SELECT FROM payout.period AS p WHERE p.month < v_month AND p.state <> 'closed' AND EXISTS (SELECT FROM payout.txn AS t WHERE t.month = p.month)) THEN
        RETURN log.refusal('not_allowed_here', 'a month closes once, when it is over and those before it are closed');
    END IF;
    SELECT a.name INTO v_text FROM payout.bank_account AS a WHERE COALESCE((SELECT s.closing FROM payout.bank_statement AS s
            WHERE s.bank_account_id = a.id ORDER BY s.no DESC LIMIT 1), a.opening)
        <> COALESCE((SELECT b.minor FROM payout.account AS c JOIN payout.balance AS b USING (owner_id, account_id) WHERE c.path = 'Assets:Bank:' || a.name), 0) LIMIT 1;
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('not_reconciled', 'bank account ' || v_text || ' does not agree with its last statement');
    END IF;
    SELECT a.path INTO v_text FROM payout.account AS a JOIN payout.chart AS c ON c.shape = payout.chart_shape(a.path) AND c.zero_at_close
    JOIN payout.posting AS p ON p.owner_id = a.owner_id AND p.account_id = a.account_id AND p.month <= v_month
    GROUP BY a.path HAVING pg_catalog.sum(p.minor) <> 0 LIMIT 1;
    IF v_text IS NOT NULL THEN
        RETURN log.refusal('not_reconciled', v_text || ' is not zero');
    END IF;
    UPDATE payout.period SET state = 'closing' WHERE month = v_month;
    INSERT INTO payout.period_balance (month, owner_id, account_id, minor)
    SELECT v_month, x.owner_id, x.account_id, pg_catalog.sum(x.minor) FROM (
        SELECT b.owner_id, b.account_id, b.minor FROM payout.period_balance AS b
        WHERE b.month = (SELECT pg_catalog.max(p.month) FROM payout.period AS p WHERE p.month < v_month AND p.state = 'closed')
        UNION ALL
        SELECT p.owner_id, p.account_id, p.minor FROM payout.posting AS p WHERE p.month = v_month) AS x
    GROUP BY x.owner_id, x.account_id HAVING pg_catalog.sum(x.minor) <> 0;
    v_hash := payout.store_document(pg_catalog.jsonb_build_object('schema', 'trial-balance/1', 'month', p_month, 'currency', payout.currency(), 'accounts',
        (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(a.path, b.minor) ORDER BY a.path COLLATE "C"), '[]') FROM payout.period_balance AS b
         JOIN payout.account AS a USING (owner_id, account_id) WHERE b.month = v_month)));
    UPDATE payout.period SET state = 'closed', closed_at = pg_catalog.clock_timestamp(), closed_by = p_actor, balance_sha256 = v_hash WHERE month = v_month;
    PERFORM log.append_leaf('period', p_month, v_hash, pg_catalog.jsonb_build_object('month', p_month));
    RETURN log.answer('closed', pg_catalog.jsonb_build_object('id', p_month, 'state', 'closed', 'balance_sha256', v_hash));
END
$$;
