-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps piece p_no (from 0) of the file that an attempt at freezing a draft writes.
-- Outcomes: ok, forbidden, not_allowed_here.
-- Locks: the primary key.
CREATE OR REPLACE FUNCTION payout.store_piece(p_actor uuid, p_id uuid, p_attempt uuid, p_no integer, p_bytes bytea) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer freezes batches');
    END IF;
    INSERT INTO payout.batch_piece (batch_id, attempt, no, bytes)
    SELECT b.id, p_attempt, p_no, p_bytes FROM payout.batch AS b WHERE b.id = p_id AND b.state = 'draft'
    ON CONFLICT (batch_id, attempt, no) DO UPDATE SET bytes = EXCLUDED.bytes;
    IF NOT FOUND THEN
        RETURN log.refusal('not_allowed_here', 'somebody else has frozen or cancelled the batch meanwhile');
    END IF;
    RETURN log.answer('ok', '{}');
END
$$;
