-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one batch, for officers.
-- Outcomes: ok, forbidden, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_batch(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT payout.may_see_batches(p_actor) THEN
        RETURN log.refusal('forbidden', 'only officers see batches');
    END IF;
    IF NOT EXISTS (SELECT FROM payout.batch WHERE id = p_id) THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    END IF;
    RETURN log.answer('ok', payout.batch_json(p_id));
END
$$;
