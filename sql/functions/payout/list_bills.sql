-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: bills, newest first.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_bills(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT payout.may_see_batches(p_actor) THEN
        RETURN log.refusal('forbidden', 'only officers see bills');
    END IF;
    RETURN payout.page((SELECT pg_catalog.jsonb_agg(payout.bill_json(x.id) ORDER BY x.id DESC) FROM (
        SELECT b.id FROM payout.bill AS b WHERE p_after IS NULL OR b.id < p_after ORDER BY b.id DESC LIMIT p_limit) AS x), p_limit, 'id');
END
$$;
