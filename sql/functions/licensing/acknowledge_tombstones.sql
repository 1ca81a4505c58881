-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: command acknowledge of the matrix: the licensee declares that all rows up to up_to are deleted. It is no change of the grant:
--          its tokens live on.
-- Outcomes: ok, not_found, not_allowed_here, invalid, idempotency_conflict.
-- Locks: those of log.replay; the grant's row of tombstone_scan.
CREATE OR REPLACE FUNCTION licensing.acknowledge_tombstones(p_actor uuid, p_key text, p_grant uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'acknowledge grant ' || p_grant, p_body);
    v_state text;
    v_last bigint;
    v_to bigint := (p_body ->> 'up_to')::bigint;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT g.state INTO v_state FROM licensing.data_grant AS g
    WHERE g.id = p_grant AND licensing.person_role(p_actor, g.organisation_id) IS NOT NULL;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    ELSIF NOT EXISTS (SELECT FROM licensing.step AS s WHERE s.object = 'grant' AND s.state = v_state AND s.command = 'acknowledge') THEN
        RETURN log.refusal('not_allowed_here', 'the grant is ' || v_state);
    END IF;
    PERFORM FROM licensing.tombstone_scan AS s WHERE s.grant_id = p_grant FOR UPDATE;
    SELECT COALESCE(pg_catalog.max(t.seq), 0) INTO v_last FROM licensing.tombstone AS t WHERE t.grant_id = p_grant;
    IF v_to > v_last THEN
        RETURN log.refusal('invalid', 'the list ends before', pg_catalog.jsonb_build_array(
            licensing.field_error('/up_to', 'the last of the list is ' || v_last)));
    END IF;
    -- an older number than one given before says nothing new
    INSERT INTO licensing.tombstone_ack (grant_id, seq, person)
    SELECT p_grant, v_to, p_actor WHERE NOT EXISTS (SELECT FROM licensing.tombstone_ack AS a WHERE a.grant_id = p_grant AND a.seq >= v_to);
    PERFORM licensing.wake_grant(p_grant);
    RETURN log.remember('licensing', p_actor::text, p_key, 'acknowledge grant ' || p_grant, p_body, log.answer('ok',
        pg_catalog.jsonb_build_object('grant_id', p_grant, 'last', v_last, 'overdue', licensing.tombstones_overdue(p_grant),
            'acknowledged', (SELECT pg_catalog.max(a.seq) FROM licensing.tombstone_ack AS a WHERE a.grant_id = p_grant))));
END
$$;
