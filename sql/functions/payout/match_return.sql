-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the booked payment a returned credit belongs to: by UETR or EndToEndId of ours, the amount not above what was paid. NULL when there is none: it then waits in suspense.
-- Outcomes: {rule, payment} or NULL.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.match_return(p_minor bigint, p_details jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('rule', 'return', 'payment', p.id)
    FROM payout.payment AS p
    WHERE pg_catalog.jsonb_array_length(p_details) = 1 AND p.state = 'booked' AND p.minor >= p_minor
        AND (p.uetr::text = pg_catalog.lower(p_details->0->>'uetr') OR p.end_to_end_id IN (p_details->0->>'end_to_end_id', p_details->0->>'instruction_id'))
    LIMIT 1;
$$;
