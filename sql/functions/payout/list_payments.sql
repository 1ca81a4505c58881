-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the payments of a batch, those that need somebody (rejected, returned) before all others, for whoever sees batches.
-- Outcomes: ok, forbidden, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_payments(p_actor uuid, p_batch uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_calm boolean := (SELECT p.state NOT IN ('rejected', 'returned') FROM payout.payment AS p WHERE p.id = p_after);
BEGIN
    IF NOT payout.may_see_batches(p_actor) THEN
        RETURN log.refusal('forbidden', 'only officers see batches');
    ELSIF NOT EXISTS (SELECT FROM payout.batch AS b WHERE b.id = p_batch) THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    END IF;
    RETURN payout.page((SELECT pg_catalog.jsonb_agg(payout.payment_json(x.id) ORDER BY x.calm, x.id) FROM (
        SELECT p.id, p.state NOT IN ('rejected', 'returned') AS calm FROM payout.payment AS p
        WHERE p.batch_id = p_batch AND (p_after IS NULL OR (p.state NOT IN ('rejected', 'returned'), p.id) > (v_calm, p_after))
        ORDER BY 2, 1 LIMIT p_limit) AS x), p_limit, 'id');
END
$$;
