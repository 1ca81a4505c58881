-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a run goes forward; what was frozen stays. Behind its end only who takes what it carried and the proof of its leaf are filled in.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_run_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_late CONSTANT text[] := '{carried_to,proof,result_index}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'runs are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('posted', 'abandoned') AND pg_catalog.to_jsonb(OLD) - c_late IS DISTINCT FROM pg_catalog.to_jsonb(NEW) - c_late THEN
        RAISE EXCEPTION 'run % is % and does not change', OLD.id, OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.inputs_sha256 IS NOT NULL AND OLD.inputs_sha256 IS DISTINCT FROM NEW.inputs_sha256)
       OR (OLD.run_id IS NOT NULL AND OLD.run_id IS DISTINCT FROM NEW.run_id)
       OR (OLD.result_hash IS NOT NULL AND (OLD.result_hash, OLD.head, OLD.lines_root) IS DISTINCT FROM (NEW.result_hash, NEW.head, NEW.lines_root))
       OR (OLD.proof IS NOT NULL AND (OLD.proof, OLD.result_index) IS DISTINCT FROM (NEW.proof, NEW.result_index))
       OR (OLD.rule_sha256, OLD.pool_id, OLD.service_month, OLD.external_sha256) IS DISTINCT FROM (NEW.rule_sha256, NEW.pool_id, NEW.service_month, NEW.external_sha256) THEN
        RAISE EXCEPTION 'run %: inputs, number, rule and result are fixed once set', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('open', 'inputs_frozen'), ('inputs_frozen', 'numbered'),
        ('numbered', 'computed'), ('computed', 'review'), ('review', 'posted')) AND NEW.state <> 'abandoned' THEN
        RAISE EXCEPTION 'run % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
