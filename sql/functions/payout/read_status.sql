-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes a bank's status report (pain.002) about a batch. A rejection ends a payment that is in flight (event 8), and all of them refuse the batch when
--          nobody knew whether it arrived; every other status is a note, since only the statement proves that money moved. What is booked or ended
--          already does not move. The same bytes again: the same answer.
-- Outcomes: applied {batch, report}, forbidden, not_found, not_allowed_here, unknown_reference.
-- Locks: the batch, then those of payout.reject_payments.
CREATE OR REPLACE FUNCTION payout.read_status(p_actor uuid, p_id uuid, p_bytes bytea, p_doc jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_sha256 text := pg_catalog.encode(pg_catalog.sha256(p_bytes), 'hex');
    v_batch payout.batch;
    v_report uuid := log.new_id();
    v_answer jsonb;
    v_rejects jsonb;
    v_open bigint;
    v_post log.answer;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads status reports');
    END IF;
    SELECT * INTO v_batch FROM payout.batch WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    END IF;
    SELECT r.answer INTO v_answer FROM payout.status_report AS r WHERE r.batch_id = p_id AND r.file_sha256 = v_sha256;
    IF FOUND THEN
        RETURN log.answer('applied', v_answer || pg_catalog.jsonb_build_object('batch', payout.batch_json(p_id)));
    END IF;
    IF v_batch.message_id IS DISTINCT FROM p_doc->>'original_id' OR EXISTS (SELECT FROM payout.status_lines(p_id, p_doc) AS s WHERE s.payment_id IS NULL) THEN
        RETURN log.refusal('unknown_reference', 'the report is of another message, or names a payment that is not in this batch');
    END IF;
    IF v_batch.state IN ('draft', 'frozen', 'approved', 'cancelled') THEN
        RETURN log.refusal('not_allowed_here', 'the batch is ' || v_batch.state || ': nothing of it left');
    END IF;
    PERFORM payout.store_evidence('application/xml', p_bytes);
    SELECT pg_catalog.count(*) INTO v_open FROM payout.payment WHERE batch_id = p_id AND state = 'in_flight';
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', s.payment_id, 'reason', s.reason) ORDER BY s.payment_id) INTO v_rejects
    FROM payout.status_lines(p_id, p_doc) AS s WHERE s.status = 'RJCT' AND s.state = 'in_flight';
    SELECT pg_catalog.jsonb_build_object('id', v_report, 'file_sha256', v_sha256, 'status', (SELECT e->>'status' FROM pg_catalog.jsonb_array_elements(p_doc->'statuses') AS e
            WHERE e->>'level' = 'group' LIMIT 1), 'rejected', pg_catalog.count(*) FILTER (WHERE s.status = 'RJCT' AND s.state = 'in_flight'),
        'late', pg_catalog.count(*) FILTER (WHERE s.status = 'RJCT' AND s.state <> 'in_flight'), 'noted', pg_catalog.count(*) FILTER (WHERE s.status <> 'RJCT'),
        'absent', v_batch.count - pg_catalog.count(*)) INTO v_answer
    FROM payout.status_lines(p_id, p_doc) AS s;
    INSERT INTO payout.status_report (id, batch_id, file_sha256, message_id, status, reason, answer, read_by)
    VALUES (v_report, p_id, v_sha256, p_doc->>'message_id', v_answer->>'status', (SELECT e->>'reason' FROM pg_catalog.jsonb_array_elements(p_doc->'statuses') AS e
        WHERE e->>'level' = 'group' LIMIT 1), v_answer, p_actor);
    INSERT INTO payout.status_line (report_id, payment_id, level, status, reason, servicer_ref, effect)
    SELECT v_report, s.payment_id, s.level, s.status, s.reason, s.servicer_ref,
        CASE WHEN s.status <> 'RJCT' THEN 'noted' WHEN s.state = 'in_flight' THEN 'rejected' ELSE 'late' END
    FROM payout.status_lines(p_id, p_doc) AS s;
    IF v_batch.state IN ('releasing', 'unknown') THEN
        PERFORM payout.move_batch(p_id, CASE WHEN pg_catalog.jsonb_array_length(v_rejects) = v_open THEN 'refused' ELSE 'sent' END, p_actor, 'a status report of the bank');
    END IF;
    IF v_rejects IS NOT NULL THEN
        v_post := payout.reject_payments(p_actor, p_id, v_rejects, v_sha256,
            pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'status_report', 'external_ref', v_report)));
        IF v_post.outcome <> 'posted' THEN
            RAISE EXCEPTION 'status report %: % %', v_sha256, v_post.outcome, v_post.body USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    PERFORM payout.alert_treasurer('payment ' || l.payment_id, CASE l.effect WHEN 'late' THEN 'payment.rejected_late' ELSE 'payment.look' END,
        pg_catalog.jsonb_build_object('payment', l.payment_id, 'reason', l.reason))
    FROM payout.status_line AS l WHERE l.report_id = v_report AND (l.effect = 'late' OR (l.effect = 'rejected' AND payout.reason_class(l.reason) IS DISTINCT FROM 'account'));
    RETURN log.answer('applied', v_answer || pg_catalog.jsonb_build_object('batch', payout.batch_json(p_id)));
END
$$;
