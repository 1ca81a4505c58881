-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the rail has taken a batch over.
-- Outcomes: ok.
-- Locks: the batch.
CREATE OR REPLACE FUNCTION payout.mark_sent(p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM payout.batch WHERE id = p_id FOR UPDATE;
    PERFORM payout.move_batch(p_id, 'sent', NULL, NULL) FROM payout.batch WHERE id = p_id AND state = 'releasing';
    RETURN log.answer('ok', '{}');
END
$$;
