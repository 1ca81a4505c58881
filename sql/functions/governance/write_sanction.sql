-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes a proposed sanction and opens the case that must confirm it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_sanction(p_effect jsonb, p_proposal uuid, p_by uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
BEGIN
    INSERT INTO governance.sanction (id, organisation_id, person_id, purpose, pool, from_at, until_at, reason, case_id, proposal_id, proposed_by)
    VALUES (v_id, (p_effect ->> 'organisation_id')::uuid, (p_effect ->> 'person_id')::uuid, p_effect ->> 'purpose', p_effect ->> 'pool',
            COALESCE((p_effect ->> 'from')::timestamptz, pg_catalog.now()), (p_effect ->> 'until')::timestamptz, p_effect ->> 'reason',
            governance.open_council_case('sanction', v_id, p_effect - 'schema'), p_proposal, p_by);
    RETURN v_id;
END
$$;
