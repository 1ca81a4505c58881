-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what credit notes before transaction p_no left of the base and tax of one VAT group of an invoice.
-- Outcomes: one row; none for an invoice that is none, or has no such group.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.vat_left(p_invoice uuid, p_no bigint, p_category text, p_ppm numeric) RETURNS TABLE (base numeric, tax numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = on
AS $$
    SELECT v.base - COALESCE(c.base, 0), v.tax - COALESCE(c.tax, 0)
    FROM payout.invoice_vat AS v CROSS JOIN LATERAL (
        SELECT pg_catalog.sum(x.base) AS base, pg_catalog.sum(x.tax) AS tax
        FROM payout.invoice AS n JOIN payout.txn AS t ON t.txn_id = n.txn_id AND t.txn_no < p_no JOIN payout.invoice_vat AS x ON x.invoice_id = n.id
        WHERE n.credits = p_invoice AND x.vat_category = p_category AND x.vat_ppm = p_ppm) AS c
    WHERE v.invoice_id = p_invoice AND v.vat_category = p_category AND v.vat_ppm = p_ppm;
$$;
