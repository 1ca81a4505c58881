-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: records one period of dues, paid or waived, behind what is covered already; who had lapsed is active again.
-- Outcomes: recorded, not_found, forbidden, idempotency_conflict.
-- Locks: log.replays; advisory transaction lock on the member.
CREATE OR REPLACE FUNCTION governance.record_dues(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'record_dues ' || p_id, p_body);
    v_from timestamptz;
    v_until timestamptz;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    ELSIF NOT governance.is_office(p_actor, 'membership_officer') AND NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'the membership officer or the treasurer records dues');
    ELSIF NOT EXISTS (SELECT FROM governance.member AS m WHERE m.member_id = p_id) THEN
        RETURN log.refusal('not_found', 'no such member');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.member ' || p_id, 1));
    SELECT GREATEST(pg_catalog.max(d.until_at), pg_catalog.now()) INTO v_from FROM governance.dues AS d WHERE d.member_id = p_id;
    v_until := v_from + (SELECT (c.doc -> 'dues' ->> 'period_seconds')::bigint * interval '1 second' FROM governance.charter AS c);
    INSERT INTO governance.dues (member_id, seq, kind, from_at, until_at, recorded_by)
    SELECT p_id, COALESCE(pg_catalog.max(d.seq), 0) + 1, p_body ->> 'kind', v_from, v_until, p_actor FROM governance.dues AS d WHERE d.member_id = p_id;
    IF (SELECT m.standing FROM governance.member_now AS m WHERE m.member_id = p_id) = 'lapsed' THEN
        PERFORM governance.write_standing(p_id, 'active', NULL, 'dues');
    END IF;
    RETURN log.remember('governance', p_actor::text, p_key, 'record_dues ' || p_id, p_body, log.answer('recorded', pg_catalog.jsonb_build_object(
        'id', p_id, 'from', log.time_text(v_from), 'until', log.time_text(v_until))));
END
$$;
