-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the number people see: series, year, number. PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.invoice_number(p_series text, p_no bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN p_series || '-' || pg_catalog.lpad(p_no::text, GREATEST(6, pg_catalog.length(p_no::text)), '0');
END
$$;
