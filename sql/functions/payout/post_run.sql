-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: posts a confirmed run: event 3 in one journal transaction, all postings in one statement; then event 5 for those with a debt.
-- Outcomes: posted, not_allowed_here, those of payout.post_shares and payout.net_debts.
-- Locks: the run, then those of payout.post_shares and payout.post.
CREATE OR REPLACE FUNCTION payout.post_run(p_run uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_txn uuid := log.new_id();
    v_post log.answer;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run FOR UPDATE;
    IF v_run.state <> 'review' OR v_run.confirmed_at IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'the run is ' || v_run.state || ' and not confirmed');
    END IF;
    IF v_run.pot > v_run.carried THEN
        v_post := payout.post_shares(p_run, v_txn);
        IF v_post.outcome <> 'posted' THEN
            RETURN v_post;
        END IF;
    END IF;
    UPDATE payout.run SET state = 'posted', txn_id = CASE WHEN pot > carried THEN v_txn END, ended_at = pg_catalog.clock_timestamp() WHERE id = p_run;
    v_post := payout.net_debts(p_run);
    IF v_post.outcome NOT IN ('posted', 'ok') THEN
        RAISE EXCEPTION 'run %: netting was refused: % %', p_run, v_post.outcome, v_post.body;
    END IF;
    PERFORM job.enqueue('announce_run', p_run::text, pg_catalog.jsonb_build_object('run', p_run));
    RETURN log.answer('posted', '{}');
END
$$;
