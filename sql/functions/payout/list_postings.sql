-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: postings of one account, newest first, with running balances. The cursor is txn_no-line.
-- Outcomes: ok, forbidden, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_postings(p_actor uuid, p_account bigint, p_limit integer, p_after text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_owner uuid;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    SELECT owner_id INTO v_owner FROM payout.account WHERE account_id = p_account;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such account');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(y.items, '[]'),
        'next', CASE WHEN pg_catalog.jsonb_array_length(y.items) >= p_limit THEN pg_catalog.concat_ws('-', y.items->-1->>'txn_no', y.items->-1->>'line') END))
    FROM (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('txn_id', x.txn_id, 'txn_no', x.txn_no, 'kind', x.kind, 'occurred_on', x.occurred_on,
            'line', x.line, 'minor', x.minor, 'after_minor', x.after_minor) ORDER BY x.txn_no DESC, x.line DESC) AS items
        FROM (SELECT t.txn_id, t.txn_no, t.kind, t.occurred_on, p.line, p.minor, p.after_minor
            FROM payout.posting AS p JOIN payout.txn AS t ON t.month = p.month AND t.txn_id = p.txn_id
            WHERE p.owner_id = v_owner AND p.account_id = p_account AND (p_after IS NULL
                OR (t.txn_no, p.line) < (pg_catalog.split_part(p_after, '-', 1)::bigint, pg_catalog.split_part(p_after, '-', 2)::integer))
            ORDER BY t.txn_no DESC, p.line DESC LIMIT p_limit) AS x) AS y);
END
$$;
