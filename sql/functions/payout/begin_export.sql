-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what an export of these days (both inclusive; NULL: from the first booking, to the last) covers: {currency, from, to, last_no, opening}. Rows never change, so the
--          last number holds the whole export still while it is read. opening is the hash of the trial balance it starts from, where a month was closed there.
-- Outcomes: ok, forbidden, not_found when nothing is booked.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.begin_export(p_actor uuid, p_from date, p_to date) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_from date := COALESCE(p_from, (SELECT pg_catalog.min(occurred_on) FROM payout.txn));
    v_to date := COALESCE(p_to, (SELECT pg_catalog.max(occurred_on) FROM payout.txn));
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer exports the ledger');
    END IF;
    IF v_from IS NULL THEN
        RETURN log.refusal('not_found', 'nothing is booked yet');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('currency', payout.currency(), 'from', v_from, 'to', GREATEST(v_from, v_to),
        'last_no', (SELECT last_no FROM payout.txn_counter),
        'opening', COALESCE((SELECT p.balance_sha256 FROM payout.period AS p WHERE (p.month + '1 month'::interval)::date = v_from), 'none')));
END
$$;
