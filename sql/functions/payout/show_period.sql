-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a month of the book with the checklist of its close.
-- Outcomes: ok, forbidden, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_period(p_actor uuid, p_month text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_month date := CASE WHEN p_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$' THEN (p_month || '-01')::date END;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    IF NOT EXISTS (SELECT FROM payout.period WHERE month = v_month) THEN
        RETURN log.refusal('not_found', 'there is no such month in the book');
    END IF;
    RETURN log.answer('ok', payout.period_json(v_month) || pg_catalog.jsonb_build_object(
        'transactions', (SELECT pg_catalog.count(*) FROM payout.txn AS t WHERE t.month = v_month),
        'checks', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('item', c.item, 'blocking', c.blocking, 'done', c.done, 'detail', c.detail, 'facts', c.facts) ORDER BY c.item)
            FROM payout.period_checks(v_month) AS c)));
END
$$;
