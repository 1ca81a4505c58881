-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer confirms a run whose review is over; the worker posts it.
-- Outcomes: accepted, already_posted, not_allowed_here, forbidden, not_found.
-- Locks: the run.
CREATE OR REPLACE FUNCTION payout.confirm_run(p_actor uuid, p_run uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer confirms runs');
    END IF;
    SELECT * INTO v_run FROM payout.run WHERE id = p_run FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no run ' || p_run);
    END IF;
    IF v_run.state = 'posted' THEN
        RETURN log.refusal('already_posted', 'the run is posted');
    END IF;
    IF v_run.state <> 'review' OR v_run.review_until > pg_catalog.clock_timestamp() THEN
        RETURN log.refusal('not_allowed_here', 'the run is ' || v_run.state || COALESCE(' until ' || log.time_text(v_run.review_until), ''));
    END IF;
    IF v_run.outcome = 'aborted' THEN
        RETURN log.refusal('not_allowed_here', 'the rule stopped this run: abandon it');
    END IF;
    UPDATE payout.run SET confirmed_at = COALESCE(confirmed_at, pg_catalog.clock_timestamp()), confirmed_by = COALESCE(confirmed_by, p_actor) WHERE id = p_run;
    PERFORM job.enqueue('advance_run', p_run::text, pg_catalog.jsonb_build_object('run', p_run));
    RETURN log.answer('accepted', payout.run_json(p_run));
END
$$;
