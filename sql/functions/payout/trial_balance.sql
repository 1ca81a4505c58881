-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the trial balance at the end of a day (NULL: now), by payout.sum_accounts.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.trial_balance(p_actor uuid, p_day date) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_currency text := payout.currency();
    v_rows jsonb;
    v_sum numeric;
    v_debit numeric;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('account_id', t.account_id, 'path', t.path, 'kind', t.kind, 'accounts', t.accounts,
               'balance', payout.money(t.minor::bigint, v_currency),
               'postings', '/payout/v1/accounts/' || t.account_id || '/postings') ORDER BY t.path COLLATE "C"),
           COALESCE(pg_catalog.sum(t.minor), 0), COALESCE(pg_catalog.sum(t.minor) FILTER (WHERE t.kind IN ('asset', 'expense')), 0)
    INTO v_rows, v_sum, v_debit FROM payout.sum_accounts(p_day) AS t;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('id', COALESCE(p_day::text, 'current'), 'sum', payout.money(v_sum::bigint, v_currency),
        'assets_and_expenses', payout.money(v_debit::bigint, v_currency), 'accounts', COALESCE(v_rows, '[]')));
END
$$;
