-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: brings a proposal into force and applies its effect: one transaction. An effect that does not apply any more annuls
--          it.
-- Outcomes: none.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.enact_proposal(p_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_effect jsonb := (SELECT v.effect FROM governance.proposal_version AS v WHERE v.proposal_id = p_id AND v.version = p.version);
    v_errors jsonb := governance.check_effect(p.type, v_effect);
BEGIN
    IF v_errors <> '[]' THEN
        PERFORM governance.move_proposal(p_id, 'annulled', NULL, 'stale: ' || (v_errors -> 0 ->> 'pointer') || ' ' || (v_errors -> 0 ->> 'detail'));
        PERFORM governance.notify_electors(p_id, 'annulled');
        RETURN;
    END IF;
    PERFORM governance.move_proposal(o.id, 'superseded', NULL, 'by ' || p_id)
    FROM governance.proposal AS o WHERE o.state = 'in_force' AND o.subject = p.subject AND o.id <> p_id AND pg_catalog.strpos(o.subject, ':') > 0;
    PERFORM governance.move_proposal(p_id, 'in_force', NULL, NULL);
    PERFORM governance.apply_effect(p_id, v_effect);
    PERFORM governance.notify_electors(p_id, 'in_force');
    PERFORM pg_catalog.pg_notify('in_force', p.subject);
END
$$;
