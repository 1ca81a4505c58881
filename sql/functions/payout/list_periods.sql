-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the months of the book with their state.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_periods(p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', COALESCE((SELECT pg_catalog.jsonb_agg(payout.period_json(p.month) ORDER BY p.month)
        FROM payout.period AS p), '[]')));
END
$$;
