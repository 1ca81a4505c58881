-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member offers to sit on appeals panels, under an id of its own that stands for them in published draws. Who has offered gets
--          the same again.
-- Outcomes: created, forbidden, idempotency_conflict.
-- Locks: log.replays; advisory transaction lock on the member.
CREATE OR REPLACE FUNCTION governance.volunteer_for_panel(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'volunteer_for_panel', p_body);
    v_row governance.panel_volunteer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    ELSIF governance.ineligibility(p_actor) IS NOT NULL THEN
        RETURN log.refusal('forbidden', 'who may vote may sit on a panel: ' || governance.ineligibility(p_actor));
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.member ' || p_actor, 1));
    SELECT * INTO v_row FROM governance.panel_volunteer AS v WHERE v.member_id = p_actor
        AND NOT EXISTS (SELECT FROM governance.panel_volunteer_end AS e WHERE e.volunteer_id = v.id);
    IF NOT FOUND THEN
        INSERT INTO governance.panel_volunteer (id, member_id, at) VALUES (pg_catalog.gen_random_uuid(), p_actor, pg_catalog.clock_timestamp()) RETURNING * INTO v_row;
    END IF;
    RETURN log.remember('governance', p_actor::text, p_key, 'volunteer_for_panel', p_body, log.answer('created', pg_catalog.jsonb_build_object('id', v_row.id,
        'class', (SELECT n.class FROM governance.member_now AS n WHERE n.member_id = p_actor), 'since', log.time_text(v_row.at), 'mine', true)));
END
$$;
