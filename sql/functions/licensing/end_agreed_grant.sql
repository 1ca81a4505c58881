-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends the grant of an agreement that is over. Its tokens die with the epoch.
-- Outcomes: none.
-- Locks: advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.end_agreed_grant(p_agreement uuid, p_party text, p_actor uuid, p_cause text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_grant licensing.data_grant;
BEGIN
    SELECT * INTO v_grant FROM licensing.data_grant WHERE agreement_id = p_agreement;
    PERFORM CASE
        WHEN v_grant.state = 'pending' AND p_party = 'licensee' THEN licensing.move_grant(v_grant.id, 'cancel', 'S', p_actor, p_cause, false, NULL)
        WHEN v_grant.state = 'pending' THEN licensing.move_grant(v_grant.id, 'lapse', 'Y', NULL, p_cause, false, NULL)
        WHEN v_grant.state IN ('active', 'suspended') AND p_party = 'licensee' AND p_actor IS NOT NULL
            THEN licensing.move_grant(v_grant.id, 'close', 'S', p_actor, p_cause, false, NULL)
        WHEN v_grant.state IN ('active', 'suspended') THEN licensing.move_grant(v_grant.id, 'expire', 'Y', NULL, p_cause, false, NULL) END;
END
$$;
