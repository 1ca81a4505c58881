-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: adds a comment to the discussion.
-- Outcomes: created, not_found, forbidden, not_allowed_here, idempotency_conflict.
-- Locks: log.replays.
CREATE OR REPLACE FUNCTION governance.comment_proposal(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := (SELECT x FROM governance.proposal AS x WHERE x.id = p_id);
    v_id uuid := log.new_id();
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'comment_proposal ' || p_id, p_body);
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    ELSIF p.id IS NULL OR p.state = 'draft' THEN
        RETURN log.refusal('not_found', 'no such proposal');
    ELSIF governance.ineligibility(p_actor) IN ('not_a_member', 'not_active') THEN
        RETURN log.refusal('forbidden', 'only active members comment');
    ELSIF p.state NOT IN ('submitted', 'admitted', 'discussion', 'referred') THEN
        RETURN log.refusal('not_allowed_here', 'the discussion is over');
    END IF;
    INSERT INTO governance.comment (proposal_id, id, member_id, body_text, stance, at)
        VALUES (p_id, v_id, p_actor, p_body ->> 'text', p_body ->> 'stance', pg_catalog.now());
    RETURN log.remember('governance', p_actor::text, p_key, 'comment_proposal ' || p_id, p_body,
        log.answer('created', pg_catalog.jsonb_build_object('id', v_id, 'proposal_id', p_id, 'text', p_body ->> 'text', 'stance', p_body ->> 'stance')));
END
$$;
