-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: first half of drafting an invoice: the answer of an earlier draft with this key, or what an invoice to a licensee needs beside
--          its lines: buyer, seller's name, the ids of the pools named, the book currency. p_body is the request, p_pools the refs in it.
-- Outcomes: ok, forbidden, not_found; those of payout.create_invoice for a repeat.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION payout.load_parties(p_actor uuid, p_key text, p_licensee uuid, p_pools jsonb, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'create_invoice', p_body);
    v_buyer jsonb;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
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
            SELECT g.pool, g.pool_id FROM licensing.grant_overview AS g WHERE g.pool IN (SELECT pg_catalog.jsonb_array_elements_text(p_pools))
            UNION
            SELECT c.pool, c.pool_id FROM licensing.contribution_overview AS c WHERE c.pool IN (SELECT pg_catalog.jsonb_array_elements_text(p_pools))) AS x)));
END
$$;
