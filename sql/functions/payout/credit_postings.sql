-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: postings of a credit note from its slices: each net amount out of the account it stands on, VAT back, the receivable down, the rest to be refunded.
-- Outcomes: postings.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.credit_postings(p_credit payout.invoice) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', x.path, 'minor', x.minor) ORDER BY x.o, x.path)
    FROM (SELECT 1 AS o, 'Liabilities:VAT:' || p_credit.vat_country AS path, p_credit.vat AS minor WHERE p_credit.vat > 0
          UNION ALL
          SELECT 2, 'Liabilities:Pool:' || s.pool || CASE s.source WHEN 'open' THEN ':Invoiced' WHEN 'received' THEN ':Received' WHEN 'disputed' THEN ':Disputed' ELSE ':Clawback' END,
              pg_catalog.sum(s.minor)::bigint
          FROM payout.credit_slice AS s WHERE s.credit_id = p_credit.id AND s.line > 0 GROUP BY 2
          UNION ALL
          SELECT 3, CASE WHEN s.source = 'open' THEN 'Assets:Receivable:' ELSE 'Liabilities:Refundable:' END || p_credit.licensee, -pg_catalog.sum(s.minor)::bigint
          FROM payout.credit_slice AS s WHERE s.credit_id = p_credit.id GROUP BY s.source = 'open') AS x;
$$;
