-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a steward, or the deputy, posts the public key of a reading that is about to open (p_key: 65 bytes in hex, a point of P-256). One a class; the
--          same again is answered the same.
-- Outcomes: accepted, not_found, forbidden, too_early, too_late, key_mismatch, invalid, not_allowed_here.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.post_steward_key(p_actor uuid, p_id uuid, p_key text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_class text := governance.steward_class(p_actor, p_id);
    v_key bytea := pg_catalog.decode(p_key, 'hex');
    k governance.steward_key;
BEGIN
    IF p.id IS NULL OR p.state = 'draft' THEN
        RETURN log.refusal('not_found', 'no such proposal');
    ELSIF v_class IS NULL THEN
        RETURN log.refusal('forbidden', 'the steward of each class, or the deputy, posts a key; nobody for a proposal of their own');
    END IF;
    SELECT * INTO k FROM governance.steward_key WHERE proposal_id = p_id AND reading = p.reading AND class = v_class;
    IF k.public_key = v_key THEN
        RETURN log.answer('accepted', governance.steward_body(p_id, p.reading));
    ELSIF p.rule ->> 'secrecy' IS DISTINCT FROM 'sealed' AND p.rule IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'votes on this proposal are named: nothing is sealed');
    ELSIF p.state IN ('submitted', 'admitted', 'discussion', 'referred') OR (p.state = 'cooling' AND p.reading < (p.rule ->> 'readings')::integer) THEN
        RETURN log.refusal('too_early', 'keys are posted when the text is frozen, or its second reading begins');
    ELSIF k.public_key IS NOT NULL THEN
        RETURN log.refusal('key_mismatch', 'class ' || v_class || ' has posted another key');
    ELSIF p.state NOT IN ('frozen', 'second_reading') THEN
        RETURN log.refusal('too_late', 'keys are posted before voting opens; the proposal is in state ' || p.state);
    ELSIF EXISTS (SELECT FROM governance.steward_key AS o WHERE o.public_key = v_key) THEN
        RETURN log.refusal('invalid', 'this key was used before', '[{"pointer": "/public_key", "detail": "a fresh key for each reading"}]');
    END IF;
    INSERT INTO governance.steward_key (proposal_id, reading, class, member_id, public_key, posted_at)
    VALUES (p_id, p.reading, v_class, p_actor, v_key, pg_catalog.clock_timestamp());
    PERFORM governance.advance(p_id);
    RETURN log.answer('accepted', governance.steward_body(p_id, p.reading));
END
$$;
