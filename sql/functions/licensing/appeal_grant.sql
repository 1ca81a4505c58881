-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the licensee's appeal against a revocation, within the charter's appeal_seconds, one for each revocation: opens a case of the panel.
-- Outcomes: ok, invalid, not_allowed_here.
-- Locks: the caller's; those of governance.open_appeal.
CREATE OR REPLACE FUNCTION licensing.appeal_grant(p_actor uuid, p_grant licensing.data_grant, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_event licensing.grant_event;
BEGIN
    SELECT * INTO v_event FROM licensing.grant_event AS e WHERE e.grant_id = p_grant.id AND e.command = 'revoke' ORDER BY e.seq DESC LIMIT 1;
    IF COALESCE(p_body ->> 'statement', '') = '' THEN
        RETURN log.refusal('invalid', 'a statement is needed',
            pg_catalog.jsonb_build_array(licensing.field_error('/statement', 'say why the revocation is wrong')));
    ELSIF EXISTS (SELECT FROM licensing.grant_appeal AS a WHERE a.grant_id = p_grant.id AND a.seq = v_event.seq) THEN
        RETURN log.refusal('not_allowed_here', 'this revocation has been appealed against');
    ELSIF v_event.at + governance.duration('appeal_seconds') <= pg_catalog.clock_timestamp() THEN
        RETURN log.refusal('not_allowed_here', 'the time to appeal is over');
    END IF;
    INSERT INTO licensing.grant_appeal (appeal_id, grant_id, seq)
    VALUES (governance.open_appeal('revocation', p_grant.id, pg_catalog.jsonb_build_object('grant', p_grant.id, 'cause', v_event.cause,
        'organisation_id', p_grant.organisation_id, 'grounds', p_body ->> 'statement', 'appellant', p_actor, 'act', v_event.seq::text,
        'act_at', log.time_text(v_event.at))), p_grant.id, v_event.seq);
    PERFORM licensing.move_grant(p_grant.id, 'appeal', 'S', p_actor, NULL, false, NULL);
    RETURN log.answer('ok', licensing.grant_body(p_grant.id));
END
$$;
