-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: batches, unknown outcomes before all others, newest first.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_batches(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_known boolean := (SELECT state <> 'unknown' FROM payout.batch WHERE id = p_after);
BEGIN
    IF NOT payout.may_see_batches(p_actor) THEN
        RETURN log.refusal('forbidden', 'only officers see batches');
    END IF;
    RETURN payout.page((SELECT pg_catalog.jsonb_agg(payout.batch_json(x.id) ORDER BY x.known, x.id DESC) FROM (
        SELECT b.id, b.state <> 'unknown' AS known FROM payout.batch AS b
        WHERE p_after IS NULL OR (b.state <> 'unknown') > v_known OR ((b.state <> 'unknown') = v_known AND b.id < p_after)
        ORDER BY b.state <> 'unknown', b.id DESC LIMIT p_limit) AS x), p_limit, 'id');
END
$$;
