-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: invoices, newest first: all for the treasurer, the organisation's own that are issued for a licensee; of one grant with p_grant.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_invoices(p_actor uuid, p_org uuid, p_limit integer, p_after uuid, p_grant uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_all boolean := governance.is_office(p_actor, 'treasurer');
    v_items jsonb;
BEGIN
    IF NOT COALESCE(v_all, false) AND p_org IS NULL THEN
        RETURN log.refusal('forbidden', 'the treasurer and the licensee read invoices');
    END IF;
    SELECT pg_catalog.jsonb_agg(payout.invoice_json(x.id) ORDER BY x.id DESC) INTO v_items FROM (
        SELECT i.id FROM payout.invoice AS i WHERE (p_after IS NULL OR i.id < p_after) AND (p_grant IS NULL OR i.grant_id = p_grant) AND (v_all OR (i.licensee = p_org AND i.state <> 'draft'))
        ORDER BY i.id DESC LIMIT p_limit) AS x;
    RETURN payout.page(v_items, p_limit, 'id');
END
$$;
