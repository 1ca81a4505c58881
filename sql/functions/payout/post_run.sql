-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: posts a confirmed run: event 3 in one journal transaction, all postings in one statement.
-- Outcomes: posted, not_allowed_here, those of payout.post.
-- Locks: the run, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.post_run(p_run uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_doc jsonb;
    v_post log.answer;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run FOR UPDATE;
    IF v_run.state <> 'review' OR v_run.confirmed_at IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'the run is ' || v_run.state || ' and not confirmed');
    END IF;
    SELECT pg_catalog.convert_from(bytes, 'UTF8')::jsonb INTO v_doc FROM payout.evidence WHERE sha256 = v_run.result_file_sha256;
    IF v_run.pot > v_run.carried THEN
        v_post := payout.post(pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'distribution', 'occurred_on', payout.today(),
                'actor', v_run.confirmed_by, 'evidence_sha256', v_run.result_file_sha256,
                'refs', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'run', 'external_ref', v_run.run_id)))),
            pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', 'Liabilities:Pool:' || v_run.pool || ':Received', 'minor', v_run.pot - v_run.carried))
            || COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', f->>'to', 'minor', -(f->>'amount')::bigint))
                FROM pg_catalog.jsonb_array_elements(v_doc->'funds') AS f), '[]')
            || COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', 'Liabilities:Member:' || l.member_id || ':Payable', 'minor', -l.minor)
                ORDER BY l.index) FROM payout.run_line AS l WHERE l.run = p_run), '[]'));
        IF v_post.outcome <> 'posted' THEN
            RETURN v_post;
        END IF;
    END IF;
    UPDATE payout.run SET state = 'posted', txn_id = (v_post.body->'txns'->0->>'txn_id')::uuid, ended_at = pg_catalog.clock_timestamp() WHERE id = p_run;
    PERFORM log.notify_member(l.member_id, 'run ' || v_run.run_id, 'statement.ready', '{}') FROM payout.run_line AS l WHERE l.run = p_run;
    RETURN log.answer('posted', '{}');
END
$$;
