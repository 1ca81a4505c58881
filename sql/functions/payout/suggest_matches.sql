-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what an entry in suspense may be, best first: invoices of whoever paid from that IBAN before, with that amount open, with a number like one in the words;
--          an own account at the other end; an entry of the same account it may take back.
-- Outcomes: array of {kind, why, ...}.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.suggest_matches(p_entry payout.bank_entry) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH payer AS (
        SELECT DISTINCT i.licensee FROM payout.bank_entry AS b JOIN payout.receipt AS r ON r.entry_id = b.id JOIN payout.paid_slice AS s ON s.txn_id = r.txn_id
        JOIN payout.invoice AS i ON i.id = s.invoice_id
        WHERE p_entry.minor > 0 AND b.minor > 0 AND b.detail->'details'->0->>'debtor_iban' = p_entry.detail->'details'->0->>'debtor_iban' LIMIT 5),
    sign AS (
        SELECT u.invoice_id AS id, 'known_iban' AS why, 4 AS weight FROM payout.unpaid AS u JOIN payer AS p ON p.licensee = u.licensee
        UNION ALL
        SELECT u.invoice_id, 'amount', 2 FROM payout.unpaid AS u
        WHERE p_entry.minor > 0 AND (u.state = 'part_paid' OR (u.state = 'issued' AND u.gross IN (p_entry.minor, p_entry.minor + p_entry.fee_minor)))
            AND payout.open_amount(u.invoice_id) IN (p_entry.minor, p_entry.minor + p_entry.fee_minor)
        UNION ALL
        SELECT i.id, 'number', 1 FROM payout.similar_numbers(COALESCE(p_entry.detail->>'text', '') || ' ' || COALESCE(p_entry.reference, '')) AS n
        JOIN payout.invoice_series AS y ON y.kind = 'INV' JOIN payout.invoice AS i ON i.series = 'INV-' || y.year AND i.no = n.no
        WHERE p_entry.minor > 0 AND i.state IN ('issued', 'part_paid')),
    ranked AS (
        SELECT s.id, pg_catalog.sum(s.weight) AS weight, pg_catalog.jsonb_agg(s.why ORDER BY s.weight DESC) AS why
        FROM (SELECT DISTINCT * FROM sign) AS s GROUP BY s.id),
    guess AS (
        SELECT r.weight, payout.invoice_number(i.series, i.no) AS name, pg_catalog.jsonb_build_object('kind', 'receipt', 'invoice_id', r.id,
            'number', payout.invoice_number(i.series, i.no), 'open', payout.money(payout.open_amount(r.id), i.currency), 'why', r.why) AS guess
        FROM (SELECT * FROM ranked ORDER BY weight DESC LIMIT 5) AS r JOIN payout.invoice AS i ON i.id = r.id
        UNION ALL
        SELECT 8, a.name, pg_catalog.jsonb_build_object('kind', 'transfer', 'account', a.name, 'why', pg_catalog.jsonb_build_array('own_account'))
        FROM payout.bank_account AS a WHERE a.iban IN (p_entry.detail->'details'->0->>'debtor_iban', p_entry.detail->'details'->0->>'creditor_iban')
        UNION ALL
        SELECT 3, o.id::text, pg_catalog.jsonb_build_object('kind', 'reversal', 'entry_id', o.id, 'why', pg_catalog.jsonb_build_array('opposite_amount'))
        FROM payout.bank_statement AS s JOIN payout.bank_statement AS t ON t.bank_account_id = s.bank_account_id JOIN payout.bank_entry AS o ON o.statement_id = t.id
        WHERE s.id = p_entry.statement_id AND o.minor = -p_entry.minor AND (o.reversal OR p_entry.reversal) AND payout.is_assignable(o.id))
    SELECT COALESCE(pg_catalog.jsonb_agg(g.guess ORDER BY g.weight DESC, g.name), '[]') FROM (SELECT * FROM guess ORDER BY weight DESC, name LIMIT 5) AS g;
$$;
