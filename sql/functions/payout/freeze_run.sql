-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps the normal form of a run's inputs as evidence and logs it; a repeat with the same hash changes nothing.
-- Outcomes: ok, not_allowed_here.
-- Locks: the run.
CREATE OR REPLACE FUNCTION payout.freeze_run(p_run uuid, p_inputs text, p_sha256 text, p_facts jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run FOR UPDATE;
    IF v_run.state <> 'open' THEN
        RETURN log.refusal('not_allowed_here', 'the run is ' || v_run.state);
    END IF;
    UPDATE payout.run SET state = 'inputs_frozen', inputs_sha256 = p_sha256, pot = (p_facts->>'pot')::bigint, carried_in = (p_facts->>'carried_in')::bigint,
        rail_fees = (p_facts->>'rail_fees')::bigint, inputs_file_sha256 = payout.store_evidence('application/json', pg_catalog.convert_to(p_inputs, 'UTF8'))
    WHERE id = p_run;
    PERFORM log.append_leaf('run_inputs', p_run::text, p_sha256, pg_catalog.jsonb_build_object('pool', v_run.pool,
        'month', pg_catalog.to_char(v_run.service_month, 'YYYY-MM'), 'pot', (p_facts->>'pot')::bigint, 'rows', (p_facts->>'rows')::bigint,
        'units', (p_facts->>'units')::bigint, 'usage_root', p_facts->'usage_root', 'external_sha256', NULL));
    RETURN log.answer('ok', '{}');
END
$$;
