-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the last statement of a query, behind whose commit its answer goes out: what it was decided on still stands, the quotas reach, it is kept
--          and counted. Safe to repeat with the same id. p_until (microseconds since 1970) is the earliest end among the grant and the consents
--          that the allowed set rests on. p_same: the earlier query with the very same cells and rows; p_sketch is NULL then.
-- Outcomes: ok, stale (read again and decide again), quota_reached, and those of licensing.check_grant.
-- Locks: advisory lock of the pool, shared; the organisation's history on the pool; metering.lock_usage; those of metering.take_quota and metering.count_query.
CREATE OR REPLACE FUNCTION metering.store_query(p_id uuid, p_pool uuid, p_grant uuid, p_columns text[], p_consent_epoch bigint, p_grant_epoch bigint,
    p_until bigint, p_answers bigint, p_question text, p_cells integer, p_rows bigint, p_suppressed boolean, p_same uuid, p_sketch bytea,
    p_contributions uuid[], p_counts bigint[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_epochs record;
    v_answer log.answer;
    v_answers bigint;
    v_organisation uuid;
    v_taken log.answer;
BEGIN
    SELECT * INTO v_epochs FROM licensing.lock_epochs(p_pool, p_grant);
    v_answer := licensing.check_grant(p_grant, 'aggregate', p_columns, 'query');
    IF v_answer.outcome <> 'ok' THEN
        RETURN v_answer;
    ELSIF EXISTS (SELECT FROM metering.query AS q WHERE q.pool_id = p_pool AND q.id = p_id) THEN
        RETURN log.answer('ok');
    ELSIF v_epochs.consent_epoch IS DISTINCT FROM p_consent_epoch OR v_epochs.grant_epoch IS DISTINCT FROM p_grant_epoch
        OR (EXTRACT(EPOCH FROM pg_catalog.clock_timestamp()) * 1000000)::bigint >= p_until THEN
        RETURN log.answer('stale');
    END IF;
    v_organisation := (v_answer.body ->> 'organisation_id')::uuid;
    INSERT INTO metering.answer_history (pool_id, organisation_id) VALUES (p_pool, v_organisation) ON CONFLICT DO NOTHING;
    SELECT h.answers INTO v_answers FROM metering.answer_history AS h
    WHERE h.pool_id = p_pool AND h.organisation_id = v_organisation FOR UPDATE;
    IF v_answers <> p_answers THEN
        RETURN log.answer('stale');
    END IF;
    PERFORM metering.lock_usage(p_pool); -- before the quotas, as events do
    BEGIN -- all or none
        v_taken := metering.take_quota(p_pool, p_grant, 'queries', 1);
        IF v_taken.outcome = 'ok' THEN
            v_taken := metering.take_quota(p_pool, p_grant, 'requests', 1);
        END IF;
        IF v_taken.outcome = 'ok' AND p_rows > 0 THEN
            v_taken := metering.take_quota(p_pool, p_grant, 'rows', p_rows);
        END IF;
        IF v_taken.outcome <> 'ok' THEN
            RAISE EXCEPTION 'quota' USING ERRCODE = 'CH001';
        END IF;
    EXCEPTION WHEN SQLSTATE 'CH001' THEN
        RETURN v_taken;
    END;
    INSERT INTO metering.query (pool_id, id, grant_id, organisation_id, fingerprint, question, terms_sha256, consent_epoch, grant_epoch, cells, rows,
        suppressed, same_as)
    VALUES (p_pool, p_id, p_grant, v_organisation, pg_catalog.sha256(pg_catalog.convert_to(p_question, 'UTF8')), p_question,
        v_answer.body ->> 'terms_sha256', p_consent_epoch, p_grant_epoch, p_cells, p_rows, p_suppressed, p_same);
    IF p_sketch IS NOT NULL THEN
        INSERT INTO metering.query_answer (pool_id, query_id, grant_id, sketch) VALUES (p_pool, p_id, p_grant, p_sketch);
        UPDATE metering.answer_history AS h SET answers = h.answers + 1 WHERE h.pool_id = p_pool AND h.organisation_id = v_organisation;
    END IF;
    PERFORM metering.count_query(p_pool, p_id, p_grant, p_contributions, p_counts);
    RETURN log.answer('ok');
END
$$;
