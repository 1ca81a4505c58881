-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens an appeal, or returns the one that is open against the same act (with p_body.act: the one there ever was). kinds refusal
--          (an application), revocation (a grant), expulsion (a member), sanction, vote (a proposal). Whoever calls has checked that the
--          party concerned appeals in time. p_body: grounds (text); appellant (account that appeals), organisation_id (whose case it is),
--          act (tells several acts on one subject apart), act_at. Read appeal_decision for what comes of it.
-- Outcomes: none; the id of the appeal.
-- Locks: advisory transaction lock on (kind, subject).
CREATE OR REPLACE FUNCTION governance.open_appeal(p_kind text, p_subject uuid, p_body jsonb) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_act text := COALESCE(p_body ->> 'act', '');
    v_id uuid;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.appeal ' || p_kind || ' ' || p_subject, 1));
    SELECT a.id INTO v_id FROM governance.panel_case AS a
    WHERE a.kind = p_kind AND a.subject = p_subject AND a.act = v_act AND (v_act <> '' OR a.state <> 'decided');
    IF v_id IS NOT NULL THEN
        RETURN v_id;
    END IF;
    v_id := log.new_id();
    INSERT INTO governance.panel_case (id, kind, subject, act, act_at, body, appellant, organisation_id, state, opened_at)
    VALUES (v_id, p_kind, p_subject, v_act, (p_body ->> 'act_at')::timestamptz, COALESCE(p_body, '{}'), (p_body ->> 'appellant')::uuid,
            (p_body ->> 'organisation_id')::uuid, 'lot', pg_catalog.clock_timestamp());
    PERFORM governance.advance_appeal(v_id);
    RETURN v_id;
END
$$;
