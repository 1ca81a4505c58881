-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the hearing before an expulsion. The conduct panel calls the accused (held_at to come; they are told) and records the hearing (held_at past, behind a call
--          whose time has come); the accused answers in their own words, as often as they like, until the proposal is frozen.
-- Outcomes: created with the proposal, not_found, forbidden, invalid, not_allowed_here, idempotency_conflict.
-- Locks: log.replays; the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.hear_accused(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'hear_accused ' || p_id, p_body);
    p governance.proposal;
    v_accused uuid;
    v_held_at timestamptz := (p_body ->> 'held_at')::timestamptz;
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_n integer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    p := governance.lock_proposal(p_id);
    v_accused := governance.accused_of(p);
    IF v_accused IS NULL OR NOT governance.sees_draft(p_actor, p) THEN
        RETURN log.refusal('not_found', 'there is no such proposal to expel a member');
    ELSIF p_actor <> v_accused AND NOT governance.is_office(p_actor, 'conduct') THEN
        RETURN log.refusal('forbidden', 'the conduct panel calls to the hearing and records it, and the accused answers');
    ELSIF p.state NOT IN ('draft', 'submitted', 'admitted', 'discussion', 'referred') THEN
        RETURN log.refusal('not_allowed_here', 'the proposal is in state ' || p.state);
    ELSIF (p_actor = v_accused) <> (v_held_at IS NULL) THEN
        RETURN log.refusal('invalid', 'a call and a record say when the hearing is or was; an answer does not',
            '[{"pointer": "/held_at", "detail": "the time of the hearing, from the panel alone"}]');
    ELSIF v_held_at <= v_now AND NOT EXISTS (SELECT FROM governance.hearing AS c WHERE c.proposal_id = p_id AND c.accused = v_accused AND c.kind = 'call' AND c.held_at <= v_now) THEN
        RETURN log.refusal('not_allowed_here', 'the accused is called to a hearing first: with a held_at that is still to come');
    END IF;
    INSERT INTO governance.hearing (proposal_id, n, kind, accused, by_member, held_at, body_text, at)
    SELECT p_id, COALESCE(pg_catalog.max(h.n), 0) + 1, CASE WHEN v_held_at IS NULL THEN 'answer' WHEN v_held_at > v_now THEN 'call' ELSE 'record' END, v_accused, p_actor, v_held_at,
        p_body ->> 'text', v_now
    FROM governance.hearing AS h WHERE h.proposal_id = p_id RETURNING n INTO v_n;
    IF v_held_at > v_now THEN
        PERFORM log.notify_member(v_accused, 'hearing ' || p_id || '/' || v_n, 'hearing', pg_catalog.jsonb_build_object('proposal_id', p_id, 'closes_at', log.time_text(v_held_at)));
    END IF;
    RETURN log.remember('governance', p_actor::text, p_key, 'hear_accused ' || p_id, p_body, log.answer('created', governance.proposal_body(p_id, p_actor)));
END
$$;
