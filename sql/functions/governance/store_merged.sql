-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps what an unlinked box came to, in the transaction of its tally: p_merged [{class, choice, count}], p_spoiled [hash], the seed of its lots,
--          what the stewards' keys signed; and erases those keys.
-- Outcomes: ok; stale when the vote is not closed any more.
-- Locks: those of governance.begin_opening.
CREATE OR REPLACE FUNCTION governance.store_merged(p_id uuid, p_reading integer, p_merged jsonb, p_spoiled jsonb, p_lot_seed text, p_attestations jsonb)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_refusal log.answer := governance.begin_opening(p_id, p_reading, p_spoiled);
    v_box text := p_id || '/' || p_reading;
BEGIN
    IF v_refusal.outcome IS NOT NULL THEN
        RETURN v_refusal;
    END IF;
    INSERT INTO governance.opened_merged (box, class, choice, count)
    SELECT v_box, m.class, m.choice, m.count FROM pg_catalog.jsonb_to_recordset(p_merged) AS m (class text, choice text, count bigint);
    INSERT INTO governance.merged_box (box, lot_seed, attestations) VALUES (v_box, p_lot_seed, p_attestations);
    UPDATE governance.steward_key SET private_key = NULL WHERE proposal_id = p_id AND reading = p_reading AND private_key IS NOT NULL;
    RETURN log.answer('ok', '{}');
END
$$;
