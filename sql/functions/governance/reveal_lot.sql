-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a steward reveals the value committed to, once all have committed or the time for it is over. Values stay unpublished
--          until then; one that is not revealed in time is replaced by its commitment.
-- Outcomes: recorded, not_found, forbidden, key_mismatch, too_early, too_late.
-- Locks: row of the appeal.
CREATE OR REPLACE FUNCTION governance.reveal_lot(p_actor uuid, p_appeal uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz;
    a governance.panel_case;
    l governance.panel_lot;
    k governance.panel_commit;
BEGIN
    SELECT * INTO a FROM governance.panel_case WHERE id = p_appeal FOR UPDATE;
    v_now := pg_catalog.clock_timestamp();  -- one look at the clock, under the lock: in time and counted, or neither
    IF a.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such appeal');
    END IF;
    SELECT * INTO l FROM governance.panel_lot WHERE appeal_id = p_appeal AND round = a.round;
    SELECT * INTO k FROM governance.panel_commit WHERE appeal_id = p_appeal AND round = a.round AND member_id = p_actor;
    IF k.appeal_id IS NULL THEN
        RETURN log.refusal('forbidden', 'you have committed to no value in this draw');
    ELSIF pg_catalog.encode(pg_catalog.sha256(pg_catalog.decode(p_body ->> 'value', 'hex')), 'hex') <> k.commitment THEN
        RETURN log.refusal('key_mismatch', 'the SHA-256 of these 32 bytes is not what was committed');
    ELSIF EXISTS (SELECT FROM governance.panel_reveal AS r WHERE (r.appeal_id, r.round, r.class) = (k.appeal_id, k.round, k.class)) THEN
        RETURN log.answer('recorded', governance.appeal_body(p_appeal, p_actor));
    ELSIF l.reveal_until IS NULL THEN
        RETURN log.refusal('too_early', 'values are revealed when all have committed, or after ' || log.time_text(l.commit_until));
    ELSIF l.drawn_at IS NOT NULL OR l.reveal_until <= v_now THEN
        RETURN log.refusal('too_late', 'values are revealed until ' || log.time_text(l.reveal_until));
    END IF;
    INSERT INTO governance.panel_reveal (appeal_id, round, class, value, at)
    VALUES (p_appeal, a.round, k.class, p_body ->> 'value', v_now);
    PERFORM governance.advance_appeal(p_appeal);
    RETURN log.answer('recorded', governance.appeal_body(p_appeal, p_actor));
END
$$;
