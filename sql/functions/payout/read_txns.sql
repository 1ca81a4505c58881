-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: headers of payout.post as rows, numbered as in the call.
-- Outcomes: none; raises on a date or id that is none, because callers make them.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.read_txns(p_txns jsonb) RETURNS payout.txn_draft[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_txns payout.txn_draft[];
    v_txn jsonb;
BEGIN
    -- Not a query: for the one or two there are, starting it takes longer than this.
    FOR v_n IN 1 .. pg_catalog.jsonb_array_length(p_txns) LOOP
        v_txn := p_txns->(v_n - 1);
        v_txns[v_n] := ROW(v_n, COALESCE((v_txn->>'txn_id')::uuid, log.new_id()), NULL, (v_txn->>'occurred_on')::date, v_txn->>'kind', (v_txn->>'actor')::uuid, v_txn->'approvals',
            v_txn->>'evidence_sha256', v_txn->>'resolution', (v_txn->>'concerns')::date, (v_txn->>'reverses')::uuid, (v_txn->>'claws_back')::uuid, NULL, NULL)::payout.txn_draft;
    END LOOP;
    RETURN v_txns;
END
$$;
