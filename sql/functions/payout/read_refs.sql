-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: outside events that transactions of payout.post name, as rows.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.read_refs(p_txns jsonb) RETURNS payout.ref_draft[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT p_txns @? '$[*].refs' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT pg_catalog.array_agg(ROW(e.ordinality, r->>'kind', r->>'external_ref')::payout.ref_draft)
        FROM pg_catalog.jsonb_array_elements(p_txns) WITH ORDINALITY AS e, LATERAL pg_catalog.jsonb_array_elements(COALESCE(e.value->'refs', '[]')) AS r);
END
$$;
