-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is needed to seal a ballot of the present reading: {box, choice_bytes, stewards: [{class, public_key, revealed}]}.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.sealing_of(p_proposal governance.proposal) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('box', p_proposal.id || '/' || p_proposal.reading, 'choice_bytes', governance.choice_bytes(p_proposal),
        'stewards', governance.steward_body(p_proposal.id, p_proposal.reading) -> 'stewards');
$$;
