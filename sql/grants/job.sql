-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others may do in schema job. One line per right.
SET LOCAL ROLE ch_job_owner;

GRANT EXECUTE ON FUNCTION job.enqueue(text, text, jsonb, timestamptz)
    TO ch_governance_owner, ch_licensing_owner, ch_metering_owner, ch_payout_owner, ch_portal_owner, ch_log_owner, ch_audit_owner;
GRANT EXECUTE ON FUNCTION job.progress_of(text, text) TO ch_licensing_owner, ch_metering_owner, ch_payout_owner;
GRANT EXECUTE ON FUNCTION job.list_dead() TO ch_portal_owner;
GRANT EXECUTE ON FUNCTION job.claim(text, jsonb), job.beat(bigint, text, integer, jsonb), job.finish(bigint, text, integer),
    job.retry(bigint, text, integer, bigint, text, boolean), job.fail(bigint, text, integer, text) TO ch_worker;
RESET ROLE;
