-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a person of an organisation attests; the free tier needs a live attestation that the use is not commercial. A new one takes the suspension
--          of a lapsed one away at once.
-- Outcomes: created, not_found, idempotency_conflict.
-- Locks: those of log.replay; where grants resume, the advisory locks of their pools, exclusive, in order, and the grants' rows.
CREATE OR REPLACE FUNCTION licensing.attest(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'attest ' || p_id, p_body);
    v_row licensing.attestation;
    v_grant record;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF licensing.person_role(p_actor, p_id) IS NULL THEN
        RETURN log.answer('not_found');
    END IF;
    INSERT INTO licensing.attestation (id, organisation_id, kind, statement, attested_by)
    VALUES (log.new_id(), p_id, p_body ->> 'kind', p_body ->> 'statement', p_actor) RETURNING * INTO v_row;
    -- Those that may resume come first: they take locks of pools, which nobody takes behind a row of licensing.grant_due.
    FOR v_grant IN SELECT g.id, g.pool_id, EXISTS (SELECT FROM licensing.suspension AS s WHERE s.grant_id = g.id AND s.cause = 'attestation lapsed'
                AND s.closed_at IS NULL) AS held
            FROM licensing.data_grant AS g WHERE g.organisation_id = p_id AND g.state IN ('active', 'suspended') AND g.attest_days IS NOT NULL
                AND v_row.kind = 'non_commercial' ORDER BY 3 DESC, g.pool_id, g.id LOOP
        IF v_grant.held THEN
            PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_grant.pool_id));
            PERFORM licensing.review_grant(v_grant.id);
        ELSE
            PERFORM licensing.wake_grant(v_grant.id);
        END IF;
    END LOOP;
    RETURN log.remember('licensing', p_actor::text, p_key, 'attest ' || p_id, p_body, log.answer('created',
        pg_catalog.jsonb_build_object('id', v_row.id, 'kind', v_row.kind, 'attested_at', log.time_text(v_row.attested_at))));
END
$$;
