-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes a proposed sanction, or the proposal to lift one early (member lift), and opens the case that must confirm it. Its id.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_sanction(p_effect jsonb, p_proposal uuid, p_by uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
    v_case uuid;
BEGIN
    IF p_effect ->> 'lift' IS NOT NULL THEN
        v_case := governance.open_council_case('sanction', v_id, pg_catalog.jsonb_build_object('reason', p_effect ->> 'reason', 'lift', p_effect ->> 'lift',
            'organisation_id', (SELECT s.organisation_id FROM governance.sanction AS s WHERE s.id = (p_effect ->> 'lift')::uuid)));
        INSERT INTO governance.sanction_lift (id, sanction_id, reason, at, case_id, proposal_id, proposed_by)
        VALUES (v_id, (p_effect ->> 'lift')::uuid, p_effect ->> 'reason', pg_catalog.now(), v_case, p_proposal, p_by);
        RETURN v_id;
    END IF;
    v_case := governance.open_council_case('sanction', v_id, p_effect - 'schema');
    INSERT INTO governance.sanction (id, organisation_id, person_id, purpose, pool, from_at, until_at, reason, case_id, proposal_id, proposed_by)
    VALUES (v_id, (p_effect ->> 'organisation_id')::uuid, (p_effect ->> 'person_id')::uuid, p_effect ->> 'purpose', p_effect ->> 'pool',
            COALESCE((p_effect ->> 'from')::timestamptz, pg_catalog.now()), (p_effect ->> 'until')::timestamptz, p_effect ->> 'reason',
            v_case, p_proposal, p_by);
    RETURN v_id;
END
$$;
