-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: am I on the roll: yes, no with the condition that fails, or would_be_today.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_self(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := (SELECT x FROM governance.proposal AS x WHERE x.id = p_id);
    v_why text := governance.ineligibility(p_actor);
    r governance.roll;
BEGIN
    IF p.id IS NULL OR p.state IN ('draft', 'submitted', 'admitted') THEN
        RETURN log.refusal('not_found', 'no such proposal, or its discussion has not opened');
    END IF;
    IF v_why IS NULL AND NOT governance.is_elector(p_actor, p) THEN
        v_why := 'not_in_electorate';
    END IF;
    SELECT * INTO r FROM governance.roll WHERE proposal_id = p_id AND reading = p.reading AND member_id = p_actor;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('proposal_id', p_id, 'reading', p.reading,
        'answer', CASE WHEN r.member_id IS NOT NULL THEN 'yes' WHEN p.opens_at IS NOT NULL AND p.state <> 'second_reading' THEN 'no'
                       WHEN v_why IS NULL THEN 'would_be_today' ELSE 'no' END,
        'condition', CASE WHEN r.member_id IS NULL THEN COALESCE(v_why, CASE WHEN p.opens_at IS NOT NULL THEN 'joined_after_the_roll' END) END,
        'class', r.class, 'voted', r.voted));
END
$$;
