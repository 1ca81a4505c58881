-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a new text of a draft; of a referred proposal, which then is discussed again for the full time. The same text again
--          on the version before is answered as the first time.
-- Outcomes: ok, not_found, forbidden, stale, frozen, invalid.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.edit_proposal(p_actor uuid, p_version integer, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_now jsonb := (SELECT pg_catalog.jsonb_build_object('type', p.type, 'title', v.title, 'text', v.body_text, 'effect', v.effect)
                    FROM governance.proposal_version AS v WHERE v.proposal_id = p_id AND v.version = p.version);
BEGIN
    IF p.id IS NULL OR (p.state = 'draft' AND (p.author = p_actor) IS NOT TRUE) THEN
        RETURN log.refusal('not_found', 'no such proposal');
    ELSIF (p.author = p_actor) IS NOT TRUE THEN
        RETURN log.refusal('forbidden', 'only the author edits a proposal');
    ELSIF p.version = p_version + 1 AND v_now = p_body THEN
        RETURN log.answer('ok', governance.proposal_body(p_id, p_actor));
    ELSIF p.version <> p_version THEN
        RETURN log.refusal('stale', 'version ' || p.version || ' is the newest');
    ELSIF p.state NOT IN ('draft', 'referred') THEN
        RETURN log.refusal('frozen', 'in state ' || p.state || ' the text stands as it is');
    ELSIF p.type <> p_body ->> 'type' OR (p.state = 'referred' AND p.subject <> governance.subject_of(p_body -> 'effect')) THEN
        RETURN log.refusal('invalid', 'a proposal keeps its type and, once submitted, its subject');
    END IF;
    IF p.state = 'referred' AND governance.check_effect(p.type, p_body -> 'effect') <> '[]' THEN
        RETURN log.refusal('invalid', 'the effect cannot be applied', governance.check_effect(p.type, p_body -> 'effect'));
    END IF;
    PERFORM governance.write_version(p_id, p.version + 1, p_body);
    UPDATE governance.proposal SET version = p.version + 1, subject = governance.subject_of(p_body -> 'effect') WHERE id = p_id;
    IF p.state = 'referred' THEN
        PERFORM governance.move_proposal(p_id, 'discussion', p_actor, 'new version');
        PERFORM governance.open_opinion(p_id);
    END IF;
    RETURN log.answer('ok', governance.proposal_body(p_id, p_actor));
END
$$;
