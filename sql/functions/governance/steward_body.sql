-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: how far the stewards of a reading are: {proposal_id, reading, stewards: [{class, public_key, revealed}]}. Private keys are in the bundle, or
--          nowhere.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.steward_body(p_id uuid, p_reading integer) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('proposal_id', p_id, 'reading', p_reading, 'stewards', COALESCE(pg_catalog.jsonb_agg(
               pg_catalog.jsonb_build_object('class', k.class, 'public_key', governance.base64url(k.public_key), 'revealed', k.revealed_at IS NOT NULL)
               ORDER BY pg_catalog.strpos('UWC', k.class)), '[]'))
    FROM governance.steward_key AS k WHERE k.proposal_id = p_id AND k.reading = p_reading;
$$;
