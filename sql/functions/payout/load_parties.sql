-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what an invoice to a licensee needs beside its lines: buyer, seller's name, the ids of the pools named, the book currency.
-- Outcomes: ok, forbidden, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_parties(p_actor uuid, p_licensee uuid, p_pools jsonb) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_buyer jsonb;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer makes invoices');
    END IF;
    SELECT pg_catalog.jsonb_build_object('name', o.name, 'country', o.country, 'vat_id', o.vat_id, 'address', o.address) INTO v_buyer
    FROM licensing.organisation_overview AS o WHERE o.organisation_id = p_licensee;
    IF v_buyer IS NULL THEN
        RETURN log.refusal('not_found', 'there is no organisation ' || p_licensee);
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('buyer', v_buyer, 'currency', payout.currency(),
        'seller_name', (SELECT c.name FROM governance.charter_in_force AS c),
        'pools', (SELECT COALESCE(pg_catalog.jsonb_object_agg(x.pool, x.pool_id), '{}') FROM (
            SELECT DISTINCT ON (g.pool) g.pool, g.pool_id FROM licensing.grant_overview AS g
            WHERE g.pool IN (SELECT pg_catalog.jsonb_array_elements_text(p_pools))) AS x)));
END
$$;
