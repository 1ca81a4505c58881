-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the trust's own bank accounts with their last statement.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_bank_accounts(p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads bank accounts');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'id', a.id, 'name', a.name, 'iban', a.iban, 'bic', a.bic, 'holder', a.holder, 'profile', a.profile,
            'balance', payout.money(COALESCE((SELECT b.minor FROM payout.account AS c JOIN payout.balance AS b USING (owner_id, account_id)
                WHERE c.path = 'Assets:Bank:' || a.name), 0), a.currency),
            'last_statement', (SELECT pg_catalog.jsonb_build_object('id', s.id, 'ref', s.statement_ref, 'sequence', s.sequence, 'to', s.to_on,
                'closing', payout.money(s.closing, a.currency)) FROM payout.bank_statement AS s WHERE s.bank_account_id = a.id ORDER BY s.no DESC LIMIT 1))
            ORDER BY a.name) FROM payout.bank_account AS a), '[]')));
END
$$;
