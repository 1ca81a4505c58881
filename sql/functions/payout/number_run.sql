-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives a frozen run its id from the first checkpoint that covers its log entry, so that nobody can grind ties: run- and 16 bytes of SHA-256(commonhold-run/1 LF inputs LF root LF).
-- Outcomes: numbered, not_yet_logged, not_allowed_here.
-- Locks: the run.
CREATE OR REPLACE FUNCTION payout.number_run(p_run uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_point record;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run FOR UPDATE;
    IF v_run.state <> 'inputs_frozen' THEN
        RETURN log.refusal('not_allowed_here', 'the run is ' || v_run.state);
    END IF;
    SELECT c.size, c.root INTO v_point FROM log.entry AS e JOIN log.checkpoint AS c ON c.size > e.index
    WHERE e.type = 'run_inputs' AND e.object_id = p_run::text AND e.object_sha256 = v_run.inputs_sha256 ORDER BY e.index, c.size LIMIT 1;
    IF NOT FOUND THEN
        RETURN log.refusal('not_yet_logged', 'no checkpoint covers the inputs yet');
    END IF;
    UPDATE payout.run SET state = 'numbered', numbered_size = v_point.size, run_id = payout.run_number(v_run.inputs_sha256, v_point.root) WHERE id = p_run;
    RETURN log.answer('numbered', '{}');
END
$$;
