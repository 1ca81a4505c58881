-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what an invoice says of a VAT category (EN 16931, BT-118 and BT-120). PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.vat_text(p_category text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE p_category WHEN 'S' THEN 'Standard rate' WHEN 'Z' THEN 'Zero rated' WHEN 'E' THEN 'Exempt from VAT'
        WHEN 'AE' THEN 'Reverse charge: VAT is due from the recipient (Article 196 of Directive 2006/112/EC)'
        WHEN 'O' THEN 'Outside the scope of VAT' END;
END
$$;
