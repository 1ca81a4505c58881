-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps a run's result, its lines with salts and the line tree, and logs it. p_lines: [{id, minor, line, salt (hex)}] in id order.
-- Outcomes: computed, not_allowed_here; raises when lines and total differ.
-- Locks: the run.
CREATE OR REPLACE FUNCTION payout.save_result(p_run uuid, p_result text, p_hash text, p_lines jsonb, p_tree bytea) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_doc jsonb := p_result::jsonb;
    v_count bigint := pg_catalog.jsonb_array_length(p_lines);
    v_total bigint;
    v_root bytea := CASE WHEN pg_catalog.octet_length(p_tree) > 0 THEN pg_catalog.substr(p_tree, pg_catalog.octet_length(p_tree) - 31) ELSE pg_catalog.sha256('') END;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run FOR UPDATE;
    IF v_run.state <> 'numbered' THEN
        RETURN log.refusal('not_allowed_here', 'the run is ' || v_run.state);
    END IF;
    INSERT INTO payout.run_line (run, member_id, index, minor, line)
    SELECT p_run, (e.value->>'id')::uuid, e.ordinality - 1, (e.value->>'minor')::bigint, e.value->>'line'
    FROM pg_catalog.jsonb_array_elements(p_lines) WITH ORDINALITY AS e;
    INSERT INTO payout.run_salt (run, member_id, salt)
    SELECT p_run, (e->>'id')::uuid, pg_catalog.decode(e->>'salt', 'hex') FROM pg_catalog.jsonb_array_elements(p_lines) AS e;
    SELECT COALESCE(pg_catalog.sum(minor), 0) INTO v_total FROM payout.run_line WHERE run = p_run;
    IF v_doc->>'hash' <> p_hash OR v_doc->>'run_id' <> v_run.run_id OR v_doc->>'inputs_sha256' <> v_run.inputs_sha256 OR (v_doc->>'pot')::bigint <> v_run.pot
        OR v_total + (v_doc->>'carried')::bigint + COALESCE((SELECT pg_catalog.sum((f->>'amount')::bigint)
            FROM pg_catalog.jsonb_array_elements(v_doc->'funds') AS f), 0) <> v_run.pot THEN
        RAISE EXCEPTION 'run %: the result does not conserve the pot', p_run USING ERRCODE = 'check_violation';
    END IF;
    UPDATE payout.run SET state = 'computed', result_hash = p_hash, outcome = v_doc->>'outcome', lines = v_count, total = v_total,
        carried = (v_doc->>'carried')::bigint, lines_root = v_root, tree = p_tree,
        result_file_sha256 = payout.store_evidence('application/json', pg_catalog.convert_to(p_result, 'UTF8')) WHERE id = p_run;
    PERFORM log.append_leaf('run_result', v_run.run_id, p_hash, pg_catalog.jsonb_build_object('pot', v_run.pot, 'total', v_total, 'count', v_count,
        'lines_root', pg_catalog.encode(v_root, 'hex'), 'currency', v_run.currency, 'numbered_size', v_run.numbered_size));
    RETURN log.answer('computed', '{}');
END
$$;
