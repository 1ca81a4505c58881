-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a steward, or the deputy, commits to a value for the draw of a panel: the SHA-256 of 32 random bytes kept secret until all have
--          committed. One a class; the same again is answered the same.
-- Outcomes: recorded, not_found, forbidden, invalid, too_late, not_allowed_here.
-- Locks: row of the appeal.
CREATE OR REPLACE FUNCTION governance.commit_lot(p_actor uuid, p_appeal uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz;
    a governance.panel_case;
    l governance.panel_lot;
    k governance.panel_commit;
    v_class text;
BEGIN
    SELECT * INTO a FROM governance.panel_case WHERE id = p_appeal FOR UPDATE;
    v_now := pg_catalog.clock_timestamp();  -- one look at the clock, under the lock: in time and counted, or neither
    IF a.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such appeal');
    END IF;
    SELECT * INTO l FROM governance.panel_lot WHERE appeal_id = p_appeal AND round = a.round;
    SELECT s.class INTO v_class FROM governance.stewards_of(p_appeal) AS s WHERE s.member_id = p_actor AND pg_catalog.strpos(l.stewards, s.class) > 0;
    SELECT * INTO k FROM governance.panel_commit WHERE appeal_id = p_appeal AND round = a.round AND class = v_class;
    IF v_class IS NULL THEN
        RETURN log.refusal('forbidden', 'the stewards seated when the draw opened, without interest in the case, commit to values');
    ELSIF k.member_id = p_actor AND k.commitment = p_body ->> 'commitment' THEN
        RETURN log.answer('recorded', governance.appeal_body(p_appeal, p_actor));
    ELSIF k.appeal_id IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'class ' || v_class || ' has committed');
    ELSIF a.state <> 'lot' OR l.reveal_until IS NOT NULL OR l.commit_until <= v_now THEN
        RETURN log.refusal('too_late', 'values are committed until ' || log.time_text(l.commit_until));
    ELSIF EXISTS (SELECT FROM governance.panel_commit AS o WHERE o.commitment = p_body ->> 'commitment') THEN
        RETURN log.refusal('invalid', 'this commitment was made before', '[{"pointer": "/commitment", "detail": "a fresh value for each draw"}]');
    END IF;
    INSERT INTO governance.panel_commit (appeal_id, round, class, member_id, commitment, at)
    VALUES (p_appeal, a.round, v_class, p_actor, p_body ->> 'commitment', v_now);
    PERFORM governance.advance_appeal(p_appeal);
    RETURN log.answer('recorded', governance.appeal_body(p_appeal, p_actor));
END
$$;
