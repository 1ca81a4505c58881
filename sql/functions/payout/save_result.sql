-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps a run's result, salts and line tree behind its lines, which the same transaction has written, and logs it. p_head is the
--          result without its lines, p_salts has 32 bytes for each line.
-- Outcomes: computed, not_allowed_here; raises when lines, funds and what is carried are not the pot, a line has no salt, or the bytes do not have the hash.
-- Locks: the run.
CREATE OR REPLACE FUNCTION payout.save_result(p_run uuid, p_result bytea, p_sha256 text, p_head jsonb, p_salts bytea, p_tree bytea) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_sum record;
    v_root bytea := CASE WHEN pg_catalog.octet_length(p_tree) > 0 THEN pg_catalog.substr(p_tree, pg_catalog.octet_length(p_tree) - 31) ELSE pg_catalog.sha256('') END;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run FOR UPDATE;
    IF v_run.state <> 'numbered' THEN
        RETURN log.refusal('not_allowed_here', 'the run is ' || v_run.state);
    END IF;
    SELECT pg_catalog.count(*) AS lines, COALESCE(pg_catalog.sum(minor), 0) AS total,
        (SELECT COALESCE(pg_catalog.sum((f->>'amount')::bigint), 0) FROM pg_catalog.jsonb_array_elements(p_head->'funds') AS f) AS funds
    INTO v_sum FROM payout.run_line WHERE run = p_run;
    IF (p_head->>'run_id', p_head->>'inputs_sha256', (p_head->>'pot')::bigint) IS DISTINCT FROM (v_run.run_id, v_run.inputs_sha256, v_run.pot)
        OR v_sum.total + v_sum.funds + (p_head->>'carried')::bigint <> v_run.pot OR pg_catalog.octet_length(p_salts) <> 32 * v_sum.lines THEN
        RAISE EXCEPTION 'run %: the result does not conserve the pot, or a line has no salt', p_run USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO payout.run_salt (run, block, salts)
    SELECT p_run, g, pg_catalog.substr(p_salts, (g * 1024 + 1)::integer, 1024) FROM pg_catalog.generate_series(0, (v_sum.lines - 1) / 32) AS g WHERE v_sum.lines > 0;
    INSERT INTO payout.evidence (sha256, media_type, bytes) VALUES (p_sha256, 'application/json', p_result) ON CONFLICT (sha256) DO NOTHING;
    UPDATE payout.run SET state = 'computed', result_hash = p_head->>'hash', outcome = p_head->>'outcome', lines = v_sum.lines, total = v_sum.total,
        carried = (p_head->>'carried')::bigint, lines_root = v_root, head = p_head, result_file_sha256 = p_sha256 WHERE id = p_run;
    INSERT INTO payout.run_tree (run, hashes) VALUES (p_run, p_tree);
    PERFORM log.append_leaf('run_result', v_run.run_id, p_head->>'hash', pg_catalog.jsonb_build_object('pot', v_run.pot, 'total', v_sum.total, 'count', v_sum.lines,
        'lines_root', pg_catalog.encode(v_root, 'hex'), 'currency', v_run.currency, 'numbered_size', v_run.numbered_size));
    RETURN log.answer('computed', '{}');
END
$$;
