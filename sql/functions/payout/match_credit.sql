-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: which invoices a credit pays, by the rules that need no person: creditor reference and amount; one invoice number in the text and amount; several numbers whose open sum is the amount. NULL when none fits.
-- Outcomes: {rule, parts} or NULL.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.match_credit(p_minor bigint, p_reference text, p_text text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid;
    v_parts jsonb;
    v_sum numeric;
BEGIN
    SELECT i.id INTO v_id FROM payout.invoice AS i
    WHERE i.reference = pg_catalog.upper(pg_catalog.replace(p_reference, ' ', '')) AND payout.open_amount(i.id) = p_minor;
    IF v_id IS NOT NULL THEN
        RETURN pg_catalog.jsonb_build_object('rule', 'reference', 'parts', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('invoice_id', v_id, 'minor', p_minor)));
    END IF;
    IF p_text IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('invoice_id', x.id, 'minor', x.open)), pg_catalog.sum(x.open) INTO v_parts, v_sum FROM (
        SELECT i.id, payout.open_amount(i.id) AS open
        FROM (SELECT DISTINCT m[1]::integer AS year, m[2]::bigint AS no FROM pg_catalog.regexp_matches(pg_catalog.left(p_text, 1000),
            '\m(?:INV-)?(2[0-9]{3})-([0-9]{6,12})\M', 'g') AS m) AS n
        JOIN payout.invoice AS i ON i.series = 'INV-' || n.year AND i.no = n.no
        WHERE i.state IN ('issued', 'part_paid')) AS x;
    IF v_sum = p_minor THEN
        RETURN pg_catalog.jsonb_build_object('rule', CASE WHEN pg_catalog.jsonb_array_length(v_parts) = 1 THEN 'number' ELSE 'numbers' END, 'parts', v_parts);
    END IF;
    RETURN NULL;
END
$$;
