-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an amount as documents write it. PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.money(p_minor bigint, p_currency text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN p_minor IS NOT NULL THEN pg_catalog.jsonb_build_object('minor', p_minor, 'currency', p_currency) END;
END
$$;
