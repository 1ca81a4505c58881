-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: why a batch may not be released now; NULL outcome when it may. The limits are those of this moment, whatever they were when it was made.
-- Outcomes: not_approved, not_allowed_here, payee_changed, already_matched, over_limit; NULL.
-- Locks: none; the caller holds the batch and the advisory lock on releases.
CREATE OR REPLACE FUNCTION payout.check_release(p_batch payout.batch, p_limits jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_day numeric;
BEGIN
    IF p_batch.state IN ('draft', 'frozen') THEN
        RETURN log.refusal('not_approved', 'the batch is ' || p_batch.state || ': two people approve it first');
    END IF;
    IF p_batch.state <> 'approved' THEN
        RETURN log.refusal('not_allowed_here', 'the batch is ' || p_batch.state);
    END IF;
    IF NOT EXISTS (SELECT FROM payout.evidence AS e WHERE e.sha256 = p_batch.file_sha256 AND pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') = p_batch.file_sha256) THEN
        RETURN log.refusal('not_approved', 'the stored file is not the one that was approved: cancel the batch and find out who changed it');
    END IF;
    IF p_batch.execution_on < payout.today() THEN
        RETURN log.refusal('not_allowed_here', 'its execution date ' || p_batch.execution_on || ' is over: cancel the batch and make another');
    END IF;
    IF payout.payees_moved(p_batch.id) THEN
        RETURN log.refusal('payee_changed', 'a payee account moved since the file was frozen: cancel the batch and make another');
    END IF;
    IF EXISTS (SELECT FROM payout.payment AS p JOIN payout.bill AS b ON b.id = p.bill_id
            WHERE p.batch_id = p_batch.id AND b.entry_id IS NOT NULL AND NOT payout.in_suspense(b.entry_id)) THEN
        RETURN log.refusal('already_matched', 'a receipt that was to be sent back has been assigned meanwhile: cancel the batch and make another');
    END IF;
    IF p_batch.total > (p_limits->>'batch')::bigint OR EXISTS (SELECT FROM payout.payment AS p WHERE p.batch_id = p_batch.id
            GROUP BY COALESCE(p.member_id, p.bill_id) HAVING pg_catalog.sum(p.minor) > (p_limits->>'person')::bigint) THEN
        RETURN log.refusal('over_limit', 'the batch, or what it pays to one, is over the limit of the configuration');
    END IF;
    SELECT COALESCE(pg_catalog.sum(b.total), 0) INTO v_day FROM payout.batch AS b
    WHERE b.id IN (SELECT e.batch_id FROM payout.batch_event AS e WHERE e.state = 'releasing' AND (e.at AT TIME ZONE 'UTC')::date = payout.today())
        AND NOT EXISTS (SELECT FROM payout.batch_event AS e WHERE e.batch_id = b.id AND e.state = 'refused');
    IF v_day + p_batch.total > (p_limits->>'day')::bigint THEN
        RETURN log.refusal('over_limit', pg_catalog.format('%s were released today: with this batch it would be more than a day may bring', v_day));
    END IF;
    RETURN NULL;
END
$$;
