-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends a commitment: what was not spent goes back into its fund (event 22, lapsed).
-- Outcomes: ok, forbidden, not_found, not_allowed_here, those of payout.post.
-- Locks: the commitment, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.lapse_commitment(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_commitment payout.commitment;
    v_left bigint;
    v_txn uuid := log.new_id();
    v_post log.answer;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer ends commitments');
    END IF;
    SELECT * INTO v_commitment FROM payout.commitment WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such commitment');
    END IF;
    v_left := v_commitment.minor - v_commitment.spent - v_commitment.lapsed;
    IF v_left = 0 THEN
        RETURN log.refusal('not_allowed_here', 'nothing is left of the commitment');
    END IF;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'commitment_lapsed', 'occurred_on', payout.today(),
            'actor', p_actor, 'resolution', v_commitment.resolution),
        pg_catalog.jsonb_build_object('schema', 'commitment-lapse/1', 'commitment', p_id, 'reason', p_body->>'reason', 'by', p_actor),
        pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', 'Equity:Committed:' || v_commitment.fund, 'minor', v_left),
            pg_catalog.jsonb_build_object('path', 'Equity:Fund:' || v_commitment.fund, 'minor', -v_left)));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    UPDATE payout.commitment SET lapsed = v_left, lapse_txn_id = v_txn, lapse_reason = p_body->>'reason', lapsed_at = pg_catalog.clock_timestamp() WHERE id = p_id;
    RETURN log.answer('ok', payout.commitment_json(p_id));
END
$$;
