-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: creditor reference of ISO 11649: RF, two check digits (ISO 7064 MOD 97-10), the reference. PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.rf_reference(p_reference text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT 'RF' || pg_catalog.lpad((98 - pg_catalog.string_agg(CASE WHEN c ~ '[0-9]' THEN c ELSE (pg_catalog.ascii(c) - 55)::text END, '' ORDER BY o)::numeric % 97)::text, 2, '0')
            || p_reference
        FROM pg_catalog.regexp_split_to_table(p_reference || 'RF00', '') WITH ORDINALITY AS t (c, o));
END
$$;
