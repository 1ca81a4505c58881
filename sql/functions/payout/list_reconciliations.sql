-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: each own bank account in the book against its last statement: the difference is zero, always.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_reconciliations(p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('bank_account_id', x.id, 'name', x.name, 'book', payout.money(x.book, x.currency),
            'statement', payout.money(x.told, x.currency), 'difference', payout.money(x.book - x.told, x.currency), 'statement_id', x.statement_id, 'statement_on', x.to_on,
            'days_since', payout.today() - x.to_on, 'postings', '/payout/v1/accounts/' || x.account_id || '/postings') ORDER BY x.name)
        FROM (SELECT a.id, a.name, a.currency, c.account_id, COALESCE(b.minor, 0) AS book, COALESCE(s.closing, a.opening) AS told, s.id AS statement_id, s.to_on
              FROM payout.bank_account AS a
              LEFT JOIN payout.account AS c ON c.owner_id = '00000000-0000-0000-0000-000000000000' AND c.path = 'Assets:Bank:' || a.name
              LEFT JOIN payout.balance AS b ON b.owner_id = c.owner_id AND b.account_id = c.account_id
              LEFT JOIN LATERAL (SELECT t.id, t.closing, t.to_on FROM payout.bank_statement AS t WHERE t.bank_account_id = a.id ORDER BY t.no DESC LIMIT 1) AS s ON true) AS x), '[]')));
END
$$;
