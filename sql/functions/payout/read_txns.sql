-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: headers of payout.post as rows, numbered as in the call, each with the count and debit total of its lines.
-- Outcomes: none; raises on a date or id that is none, because callers make them.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.read_txns(p_txns jsonb, p_lines payout.line_draft[]) RETURNS payout.txn_draft[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT pg_catalog.array_agg(ROW(e.ordinality, COALESCE((e.value->>'txn_id')::uuid, log.new_id()), pg_catalog.date_trunc('month', (e.value->>'occurred_on')::timestamp)::date,
        (e.value->>'occurred_on')::date, e.value->>'kind', (e.value->>'actor')::uuid, COALESCE(e.value->'approvals', '[]'), e.value->>'evidence_sha256',
        e.value->>'resolution', (e.value->>'concerns')::date, (e.value->>'reverses')::uuid, (e.value->>'claws_back')::uuid, s.postings, s.debit)::payout.txn_draft
        ORDER BY e.ordinality)
    FROM pg_catalog.jsonb_array_elements(p_txns) WITH ORDINALITY AS e
    JOIN (SELECT l.n, pg_catalog.count(*) AS postings, pg_catalog.sum(l.minor) FILTER (WHERE l.minor > 0) AS debit
          FROM pg_catalog.unnest(p_lines) AS l GROUP BY l.n) AS s ON s.n = e.ordinality);
END
$$;
