-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: first statement of every batch: looks that the delivery still runs, takes the pool's lock, tells whether what the delivery knows of
--          consent and grant still stands, and how many rows and bytes the quotas allow (byte_allowance NULL: any number). ok with a detail: they
--          allow less than was wanted, and this is what a client is told who gets nothing. p_until (microseconds since 1970) is the earliest end
--          among the grant and the consents that the allowed set rests on. moved: read the allowed set again before any row.
--          A sanction or prohibition stops the next batch from the instant it is in force, whether its grants are suspended yet or not.
--          The request that the first batch uses is held since metering.load_delivery; where that took too long and it was taken back, it is asked
--          for again.
-- Outcomes: ok, not_allowed_here (superseded), quota_reached (of requests; detail has the answer's body), and those of licensing.check_grant.
-- Locks: the delivery's row, shared; advisory lock of the pool, shared; then those of metering.lease_quota.
CREATE OR REPLACE FUNCTION metering.begin_batch(p_pool uuid, p_delivery uuid, p_grant uuid, p_columns text[], p_consent_epoch bigint,
    p_grant_epoch bigint, p_until bigint, p_want bigint, p_want_bytes bigint DEFAULT 0,
    OUT outcome text, OUT detail text, OUT consent_epoch bigint, OUT grant_epoch bigint, OUT moved boolean, OUT allowance bigint, OUT byte_allowance bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_epochs record;
    v_answer log.answer;
    v_passed boolean;
BEGIN
    -- whoever resumes the chain waits for this batch, and finds it
    PERFORM FROM metering.delivery AS d WHERE d.pool_id = p_pool AND d.id = p_delivery AND d.state = 'open' FOR SHARE;
    IF NOT FOUND THEN
        outcome := 'not_allowed_here';
        detail := 'superseded';
        moved := false;
        allowance := 0;
        RETURN;
    END IF;
    SELECT * INTO v_epochs FROM licensing.lock_epochs(p_pool, p_grant);
    consent_epoch := v_epochs.consent_epoch;
    grant_epoch := v_epochs.grant_epoch;
    v_passed := (EXTRACT(EPOCH FROM pg_catalog.clock_timestamp()) * 1000000)::bigint >= p_until;
    moved := v_passed OR v_epochs.consent_epoch IS DISTINCT FROM p_consent_epoch;
    outcome := 'ok';
    allowance := 0;
    IF v_passed OR v_epochs.grant_epoch IS DISTINCT FROM p_grant_epoch OR licensing.is_ruled_out(p_grant) THEN
        v_answer := licensing.check_grant(p_grant, 'read', p_columns, 'download');
        outcome := v_answer.outcome;
        detail := v_answer.body ->> 'detail';
    END IF;
    IF outcome = 'ok' THEN
        byte_allowance := metering.lease_quota(p_pool, p_grant, p_delivery, 'bytes', p_want_bytes);
        IF NOT EXISTS (SELECT FROM metering.batch AS b WHERE b.pool_id = p_pool AND b.delivery_id = p_delivery)
            AND metering.lease_quota(p_pool, p_grant, p_delivery, 'requests', 1) = 0 THEN
            outcome := 'quota_reached';
            detail := (metering.quota_refusal(p_grant, ARRAY['requests'], 1)).body;
            RETURN;
        END IF;
        allowance := COALESCE(metering.lease_quota(p_pool, p_grant, p_delivery, 'rows', p_want), p_want);
        IF allowance = 0 THEN
            detail := (metering.quota_refusal(p_grant, ARRAY['rows'], 1)).body;
        ELSIF byte_allowance < p_want_bytes THEN
            detail := (metering.quota_refusal(p_grant, ARRAY['bytes'], p_want_bytes)).body;
        END IF;
    END IF;
END
$$;
