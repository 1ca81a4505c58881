-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives a frozen run its id from the first checkpoint that covers its log entry, so that nobody can grind ties: run- and 16 bytes of
--          SHA-256(commonhold-run/1 LF inputs LF root LF). Inputs that were frozen before, in a run of
--          the same month that was abandoned since, keep the number they had.
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
    SELECT x.size, x.run_id INTO v_point
    FROM (SELECT e.index, c.size, payout.run_number(v_run.inputs_sha256, c.root) AS run_id
        FROM log.entry AS e JOIN payout.run AS r ON r.id::text = e.object_id AND (r.id = p_run OR r.state = 'abandoned' AND r.pool_id = v_run.pool_id AND r.service_month = v_run.service_month)
        CROSS JOIN LATERAL (SELECT k.size, k.root FROM log.checkpoint AS k WHERE k.size > e.index ORDER BY k.size LIMIT 1) AS c
        WHERE e.type = 'run_inputs' AND e.object_sha256 = v_run.inputs_sha256) AS x
    WHERE NOT EXISTS (SELECT FROM payout.run AS o WHERE o.run_id = x.run_id AND o.state <> 'abandoned')
    ORDER BY x.index LIMIT 1;
    IF NOT FOUND THEN
        RETURN log.refusal('not_yet_logged', 'no checkpoint covers the inputs yet');
    END IF;
    UPDATE payout.run SET state = 'numbered', numbered_size = v_point.size, run_id = v_point.run_id WHERE id = p_run;
    RETURN log.answer('numbered', '{}');
END
$$;
