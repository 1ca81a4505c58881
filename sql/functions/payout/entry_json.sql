-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a bank entry as people see it: what it is matched to, and while it waits in suspense the invoices it may pay, best first.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.entry_json(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', e.id, 'statement_id', e.statement_id, 'key', e.entry_key, 'amount', payout.money(e.minor, a.currency),
        'fee', payout.money(e.fee_minor, a.currency), 'booked_on', e.booked_on, 'value_on', e.value_on, 'reference', e.reference, 'reversal', e.reversal,
        'return_reason', e.return_reason, 'detail', e.detail,
        'matches', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('kind', m.kind, 'txn_id', m.txn_id, 'rule', m.rule, 'at', log.time_text(m.at))
            ORDER BY m.step) FROM payout.entry_match AS m WHERE m.entry_id = e.id),
        'suggestions', CASE WHEN (SELECT m.kind FROM payout.entry_match AS m WHERE m.entry_id = e.id ORDER BY m.step DESC LIMIT 1) = 'suspense' THEN
            (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('invoice_id', x.id, 'number', x.number, 'open', payout.money(x.open, a.currency),
                'why', x.why) ORDER BY x.rank, x.number), '[]') FROM (
                SELECT i.id, payout.invoice_number(i.series, i.no) AS number, payout.open_amount(i.id) AS open,
                    CASE WHEN payout.open_amount(i.id) = e.minor + e.fee_minor THEN 'amount' ELSE 'number' END AS why,
                    CASE WHEN payout.open_amount(i.id) = e.minor + e.fee_minor THEN 1 ELSE 2 END AS rank
                FROM payout.invoice AS i WHERE i.state IN ('issued', 'part_paid') AND (payout.open_amount(i.id) = e.minor + e.fee_minor
                    OR pg_catalog.strpos(COALESCE(e.detail->>'text', '') || COALESCE(e.reference, ''), i.no::text) > 0)
                ORDER BY 5, 2 LIMIT 5) AS x) END)
    FROM payout.bank_entry AS e JOIN payout.bank_statement AS s ON s.id = e.statement_id JOIN payout.bank_account AS a ON a.id = s.bank_account_id
    WHERE e.id = p_id;
$$;
