-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: headers of payout.post as rows, numbered as in the call.
-- Outcomes: none; raises on a date or id that is none, because callers make them.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.read_txns(p_txns jsonb) RETURNS payout.txn_draft[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT pg_catalog.array_agg(ROW(e.ordinality, COALESCE((e.value->>'txn_id')::uuid, log.new_id()), NULL, (e.value->>'occurred_on')::date, e.value->>'kind',
        (e.value->>'actor')::uuid, e.value->'approvals', e.value->>'evidence_sha256', e.value->>'resolution', (e.value->>'concerns')::date,
        (e.value->>'reverses')::uuid, (e.value->>'claws_back')::uuid, NULL, NULL)::payout.txn_draft ORDER BY e.ordinality)
    FROM pg_catalog.jsonb_array_elements(p_txns) WITH ORDINALITY AS e);
END
$$;
