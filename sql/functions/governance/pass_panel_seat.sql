-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a panel member declares a conflict before voting: the seat passes to the next candidate of the draw. Public, with the reason.
-- Outcomes: recorded, not_found, forbidden, not_allowed_here.
-- Locks: row of the appeal.
CREATE OR REPLACE FUNCTION governance.pass_panel_seat(p_actor uuid, p_appeal uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a governance.panel_case;
    s record;
BEGIN
    SELECT * INTO a FROM governance.panel_case WHERE id = p_appeal FOR UPDATE;
    IF a.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such appeal');
    END IF;
    SELECT * INTO s FROM governance.panel_of(p_appeal) AS x WHERE x.member_id = p_actor;
    IF s.class IS NULL THEN
        RETURN log.refusal('forbidden', 'only the panel drawn for this appeal acts in it');
    ELSIF a.state <> 'panel' OR s.choice IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'a conflict is declared while the panel sits, before voting');
    END IF;
    INSERT INTO governance.panel_pass (appeal_id, round, volunteer_id, reason, note, at)
    VALUES (p_appeal, a.round, s.volunteer_id, 'conflict', p_body ->> 'reason', pg_catalog.clock_timestamp());
    PERFORM governance.seat_panel(p_appeal, s.class);
    PERFORM governance.settle_appeal(p_appeal);
    RETURN log.answer('recorded', governance.appeal_body(p_appeal, p_actor));
END
$$;
