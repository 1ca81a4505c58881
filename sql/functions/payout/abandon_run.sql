-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends a run before posting, with a reason, which is logged; its slices, fees and carried money are free again.
-- Outcomes: ok, already_posted, not_allowed_here, forbidden, not_found.
-- Locks: the run.
CREATE OR REPLACE FUNCTION payout.abandon_run(p_actor uuid, p_run uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer abandons runs');
    END IF;
    SELECT * INTO v_run FROM payout.run WHERE id = p_run FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no run ' || p_run);
    END IF;
    IF v_run.state = 'posted' THEN
        RETURN log.refusal('already_posted', 'the run is posted');
    END IF;
    IF v_run.state = 'abandoned' THEN
        RETURN log.refusal('not_allowed_here', 'the run is abandoned already');
    END IF;
    DELETE FROM payout.run_receipt WHERE run = p_run;
    DELETE FROM payout.run_fee WHERE run = p_run;
    UPDATE payout.run SET carried_to = NULL WHERE carried_to = p_run;
    UPDATE payout.run SET state = 'abandoned', reason = p_body->>'reason', ended_at = pg_catalog.clock_timestamp() WHERE id = p_run;
    -- A run without inputs has no hash of them: its leaf bears that of the reason.
    PERFORM log.append_leaf('run_inputs', p_run::text, COALESCE(v_run.inputs_sha256, payout.store_document(pg_catalog.jsonb_build_object(
        'schema', 'run-abandoned/1', 'run', p_run, 'reason', p_body->>'reason'))), payout.run_inputs_body(p_run) || '{"state": "abandoned"}');
    RETURN log.answer('ok', payout.run_json(p_run));
END
$$;
