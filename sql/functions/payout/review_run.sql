-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens the review of a computed run for run_review_seconds of the charter.
-- Outcomes: ok; not_allowed_here, which a repeat gets.
-- Locks: the run.
CREATE OR REPLACE FUNCTION payout.review_run(p_run uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE payout.run SET state = 'review', review_until = pg_catalog.clock_timestamp() + payout.charter_seconds('run_review_seconds', 604800)
    WHERE id = p_run AND state = 'computed';
    RETURN CASE WHEN FOUND THEN log.answer('ok', '{}') ELSE log.refusal('not_allowed_here', 'the run is not computed') END;
END
$$;
