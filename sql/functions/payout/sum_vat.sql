-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: VAT of the days from p_from to p_to by country, category and rate: bases and tax of invoices, less credit notes and less what was written off as recoverable; and
--          where the VAT accounts stand.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.sum_vat(p_actor uuid, p_from date, p_to date) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('from', p_from, 'to', p_to,
        'items', COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('country', x.vat_country, 'vat_category', x.vat_category, 'vat_ppm', x.vat_ppm,
                'base', payout.money(x.base, payout.currency()), 'tax', payout.money(x.tax, payout.currency()), 'invoices', x.invoices, 'credit_notes', x.credit_notes)
                ORDER BY x.vat_country, x.vat_category, x.vat_ppm)
            FROM (SELECT i.vat_country, g.vat_category, g.vat_ppm, pg_catalog.sum(CASE i.kind WHEN 'INV' THEN g.base ELSE -g.base END)::bigint AS base,
                    pg_catalog.sum(CASE i.kind WHEN 'INV' THEN g.tax ELSE -g.tax END)::bigint AS tax, pg_catalog.count(*) FILTER (WHERE i.kind = 'INV') AS invoices,
                    pg_catalog.count(*) FILTER (WHERE i.kind = 'CRN') AS credit_notes
                  FROM payout.invoice AS i JOIN payout.invoice_vat AS g ON g.invoice_id = i.id
                  WHERE i.issued_on >= p_from AND i.issued_on <= p_to GROUP BY i.vat_country, g.vat_category, g.vat_ppm) AS x), '[]'),
        'written_off', payout.money(COALESCE((SELECT pg_catalog.sum(w.vat) FROM payout.write_off AS w JOIN payout.txn AS t ON t.txn_id = w.txn_id
            WHERE w.vat_recoverable AND t.occurred_on >= p_from AND t.occurred_on <= p_to), 0)::bigint, payout.currency()),
        'accounts', COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', a.path, 'balance', payout.money(b.minor, payout.currency()),
                'postings', '/payout/v1/accounts/' || a.account_id || '/postings') ORDER BY a.path)
            FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
            WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path LIKE 'Liabilities:VAT:%'), '[]')));
END
$$;
