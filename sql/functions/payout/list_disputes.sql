-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: disputes, newest first: all for the treasurer, their own for a member and for a licensee.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_disputes(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_all boolean := COALESCE(governance.is_office(p_actor, 'treasurer'), false);
    v_licensee uuid := licensing.organisation_of(p_actor);
BEGIN
    RETURN payout.page((SELECT pg_catalog.jsonb_agg(payout.dispute_json(x.id) ORDER BY x.id DESC) FROM (
        SELECT d.id FROM payout.dispute AS d LEFT JOIN payout.invoice AS i ON i.id = d.invoice_id
        WHERE (p_after IS NULL OR d.id < p_after) AND (v_all OR d.member_id = p_actor OR i.licensee = v_licensee)
        ORDER BY d.id DESC LIMIT p_limit) AS x), p_limit, 'id');
END
$$;
