-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes a draft as C computed it: {licensee, grant_id?, service_month?, currency, due_days, vat_country, buyer, seller, net, vat, gross, lines: [{text, charge?, class?, units, net, vat_category, vat_ppm, vat, usage_sha256?, slices: [{pool_id, pool, month, net}]}], vat_groups: [{vat_category, vat_ppm, base, tax}]}. Sums that do not agree raise.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.draft_invoice(p_actor uuid, p_doc jsonb) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
BEGIN
    INSERT INTO payout.invoice (id, licensee, grant_id, service_month, state, currency, due_days, net, vat, gross, vat_country, buyer, seller, created_by)
    VALUES (v_id, (p_doc->>'licensee')::uuid, (p_doc->>'grant_id')::uuid, (p_doc->>'service_month')::date, 'draft', p_doc->>'currency',
        COALESCE((p_doc->>'due_days')::integer, 30), (p_doc->>'net')::bigint, (p_doc->>'vat')::bigint, (p_doc->>'gross')::bigint,
        p_doc->>'vat_country', p_doc->'buyer', p_doc->'seller', p_actor);
    INSERT INTO payout.invoice_line (invoice_id, line, text, charge, class, units, net, vat_category, vat_ppm, vat, usage_sha256)
    SELECT v_id, e.ordinality, e.value->>'text', e.value->>'charge', e.value->>'class', COALESCE((e.value->>'units')::bigint, 0), (e.value->>'net')::bigint,
           e.value->>'vat_category', (e.value->>'vat_ppm')::integer, (e.value->>'vat')::bigint, e.value->>'usage_sha256'
    FROM pg_catalog.jsonb_array_elements(p_doc->'lines') WITH ORDINALITY AS e;
    INSERT INTO payout.invoice_vat (invoice_id, vat_category, vat_ppm, base, tax)
    SELECT v_id, e->>'vat_category', (e->>'vat_ppm')::integer, (e->>'base')::bigint, (e->>'tax')::bigint
    FROM pg_catalog.jsonb_array_elements(p_doc->'vat_groups') AS e;
    INSERT INTO payout.revenue_slice (invoice_id, line, pool_id, service_month, pool, net)
    SELECT v_id, e.ordinality, (s->>'pool_id')::uuid, (s->>'month')::date, s->>'pool', (s->>'net')::bigint
    FROM pg_catalog.jsonb_array_elements(p_doc->'lines') WITH ORDINALITY AS e, LATERAL pg_catalog.jsonb_array_elements(e.value->'slices') AS s;
    IF EXISTS (SELECT FROM payout.invoice AS i WHERE i.id = v_id AND (
            i.net <> (SELECT pg_catalog.sum(l.net) FROM payout.invoice_line AS l WHERE l.invoice_id = v_id)
            OR i.vat <> (SELECT pg_catalog.sum(l.vat) FROM payout.invoice_line AS l WHERE l.invoice_id = v_id)
            OR i.vat <> (SELECT pg_catalog.sum(g.tax) FROM payout.invoice_vat AS g WHERE g.invoice_id = v_id)
            OR i.net <> (SELECT pg_catalog.sum(s.net) FROM payout.revenue_slice AS s WHERE s.invoice_id = v_id))) THEN
        RAISE EXCEPTION 'invoice %: lines, VAT groups and slices do not add up', v_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN v_id;
END
$$;
