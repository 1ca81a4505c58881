-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps the normal form of a run's inputs as evidence, logs it, and opens the accounts of those who may get a line, so that posting only
--          posts. p_facts: {pot, carried_in, rail_fees, rows, units, usage_root, places}. A repeat changes nothing.
-- Outcomes: ok, not_allowed_here; raises when the bytes do not have the hash.
-- Locks: the run; the unique index of payout.account.
CREATE OR REPLACE FUNCTION payout.freeze_run(p_run uuid, p_inputs bytea, p_sha256 text, p_facts jsonb) RETURNS log.answer
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
    INSERT INTO payout.evidence (sha256, media_type, bytes) VALUES (p_sha256, 'application/json', p_inputs) ON CONFLICT (sha256) DO NOTHING;
    PERFORM payout.open_payables(v_run.pool_id, (SELECT pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb FROM payout.evidence AS e WHERE e.sha256 = v_run.rule_sha256));
    UPDATE payout.run AS r SET state = 'inputs_frozen', inputs_sha256 = p_sha256, inputs_file_sha256 = p_sha256, pot = f.pot, carried_in = f.carried_in,
        rail_fees = f.rail_fees, input_rows = f.rows, input_units = f.units, usage_root = f.usage_root, places = f.places
    FROM pg_catalog.jsonb_to_record(p_facts) AS f (pot bigint, carried_in bigint, rail_fees bigint, rows bigint, units bigint, usage_root text, places bigint[])
    WHERE r.id = p_run;
    PERFORM log.append_leaf('run_inputs', p_run::text, p_sha256, payout.run_inputs_body(p_run));
    RETURN log.answer('ok', '{}');
END
$$;
