-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a steward reveals the private key of a closed vote (p_private: 32 bytes in hex, p_public: the point that the caller made of them). The second
--          one sets the worker to open the box; a third is accepted and not kept.
-- Outcomes: accepted, not_found, forbidden, too_early, too_late, key_mismatch.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.reveal_steward_key(p_actor uuid, p_id uuid, p_private text, p_public text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_class text := governance.steward_class(p_actor, p_id);
    k governance.steward_key;
    v_revealed bigint := (SELECT pg_catalog.count(*) FROM governance.steward_key AS s WHERE s.proposal_id = p_id AND s.reading = p.reading AND s.revealed_at IS NOT NULL);
BEGIN
    IF p.id IS NULL OR p.state = 'draft' THEN
        RETURN log.refusal('not_found', 'no such proposal');
    END IF;
    -- Who posted the key reveals it, also when the office has ended since; else whoever is steward now and was given it.
    SELECT * INTO k FROM governance.steward_key AS s WHERE s.proposal_id = p_id AND s.reading = p.reading AND (s.member_id = p_actor OR s.class = v_class)
    ORDER BY s.member_id = p_actor DESC LIMIT 1;
    IF k.class IS NULL AND v_class IS NULL THEN
        RETURN log.refusal('forbidden', 'the steward who posted a key reveals it');
    ELSIF k.class IS NOT NULL AND k.public_key <> pg_catalog.decode(p_public, 'hex') THEN
        RETURN log.refusal('key_mismatch', 'this is not the private key of the key posted for class ' || k.class);
    ELSIF k.revealed_at IS NOT NULL THEN
        RETURN log.answer('accepted', governance.steward_body(p_id, p.reading));
    ELSIF p.state IN ('submitted', 'admitted', 'discussion', 'referred', 'frozen', 'second_reading', 'voting') THEN
        RETURN log.refusal('too_early', 'keys are revealed when voting has closed' || COALESCE(', at ' || log.time_text(p.closes_at), ''));
    ELSIF k.class IS NULL THEN
        RETURN log.refusal('too_late', 'class ' || v_class || ' posted no key for this vote');
    ELSIF p.state <> 'closed' OR v_revealed = 2 THEN
        -- Two open the box, and which two must not change under who counts it: a third one is welcome, and not kept.
        RETURN log.answer('accepted', governance.steward_body(p_id, p.reading));
    END IF;
    UPDATE governance.steward_key SET private_key = pg_catalog.decode(p_private, 'hex'), revealed_at = pg_catalog.clock_timestamp()
    WHERE proposal_id = p_id AND reading = p.reading AND class = k.class;
    IF v_revealed = 1 THEN
        PERFORM job.enqueue('tally_proposal', p_id || '/' || p.reading, pg_catalog.jsonb_build_object('proposal_id', p_id, 'reading', p.reading), NULL);
    END IF;
    RETURN log.answer('accepted', governance.steward_body(p_id, p.reading));
END
$$;
