-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps what an unlinked box came to, in the transaction of its tally: p_merged [{class, choice, count}], p_spoiled [hash], the seed of its lots,
--          what the stewards' keys signed; and erases those keys.
-- Outcomes: ok; stale when the vote is not closed any more.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.store_merged(p_id uuid, p_reading integer, p_merged jsonb, p_spoiled jsonb, p_lot_seed text, p_attestations jsonb)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_box text := p_id || '/' || p_reading;
BEGIN
    IF p.state IS DISTINCT FROM 'closed' OR p.reading <> p_reading THEN
        RETURN log.refusal('stale', 'proposal ' || p_id || ' is in state ' || COALESCE(p.state, 'none'));
    END IF;
    INSERT INTO governance.spoiled_ballot (box, record_sha256)
    SELECT v_box, pg_catalog.decode(s.value, 'hex') FROM pg_catalog.jsonb_array_elements_text(p_spoiled) AS s;
    INSERT INTO governance.opened_merged (box, class, choice, count)
    SELECT v_box, m.class, m.choice, m.count FROM pg_catalog.jsonb_to_recordset(p_merged) AS m (class text, choice text, count bigint);
    INSERT INTO governance.merged_box (box, lot_seed, attestations) VALUES (v_box, p_lot_seed, p_attestations);
    UPDATE governance.steward_key SET private_key = NULL WHERE proposal_id = p_id AND reading = p_reading AND private_key IS NOT NULL;
    RETURN log.answer('ok', '{}');
END
$$;
