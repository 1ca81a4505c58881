-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what follows from a decided appeal: a vote is annulled where it can still be, a sanction ends, an expelled member may apply
--          again. Refusals and revocations are licensing's, which reads appeal_decision. Everybody concerned is told; the decision is a leaf.
-- Outcomes: none.
-- Locks: the proposal, exclusive, for a vote.
CREATE OR REPLACE FUNCTION governance.apply_appeal(p_appeal uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a governance.panel_case := (SELECT x FROM governance.panel_case AS x WHERE x.id = p_appeal);
    p governance.proposal;
    v_effect text := 'none';
    d governance.appeal_decision;
BEGIN
    IF NOT a.upheld AND a.kind = 'vote' THEN
        p := governance.lock_proposal(a.subject);
        IF p.state IN ('closed', 'tallied', 'carried', 'cooling') THEN
            PERFORM governance.move_proposal(a.subject, 'annulled', NULL, 'appeal ' || p_appeal);
            PERFORM governance.notify_electors(a.subject, 'annulled');
            v_effect := 'annulled';
        END IF;
    ELSIF NOT a.upheld AND a.kind = 'sanction' THEN
        INSERT INTO governance.sanction_lift (id, sanction_id, reason, at, appeal_id)
        VALUES (log.new_id(), a.subject, 'reversed on appeal', a.decided_at, p_appeal);
        PERFORM log.append_leaf('sanction', a.subject::text, governance.hash_text(log.canonical(governance.sanction_body(a.subject))),
            pg_catalog.jsonb_build_object('event', 'lifted', 'appeal', p_appeal));
        PERFORM governance.screen_sanctions();
        v_effect := 'lifted';
    ELSIF NOT a.upheld AND a.kind = 'expulsion' THEN
        v_effect := 'may_apply';
    END IF;
    UPDATE governance.panel_case SET effect = v_effect WHERE id = p_appeal;
    SELECT * INTO d FROM governance.appeal_decision WHERE appeal_id = p_appeal;
    PERFORM log.append_leaf('appeal', p_appeal::text, governance.hash_text(log.canonical(pg_catalog.jsonb_build_object('id', p_appeal, 'kind', a.kind,
            'round', a.round, 'command', d.command, 'reasons', d.reasons, 'effect', v_effect, 'decided_at', log.time_text(d.decided_at)))),
        pg_catalog.jsonb_build_object('event', 'decided', 'kind', a.kind, 'command', d.command, 'effect', v_effect));
    PERFORM governance.notify_members(ARRAY(SELECT m.member_id FROM governance.member AS m WHERE m.member_id = a.appellant
            OR m.member_id IN (SELECT s.member_id FROM governance.panel_of(p_appeal) AS s)), 'appeal ' || p_appeal, 'appeal_decided',
        pg_catalog.jsonb_build_object('appeal_id', p_appeal, 'kind', a.kind, 'subject', a.subject, 'command', d.command));
    PERFORM pg_catalog.pg_notify('appeal_decision', p_appeal::text);
END
$$;
