-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: accounts that hold something before p_from or move up to p_to, by path, with what they held.
-- Outcomes: rows; none for anybody but the treasurer.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.export_accounts(p_actor uuid, p_from date, p_to date, p_last_no bigint) RETURNS TABLE (account_id bigint, path text, before_minor bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.account_id, a.path, x.before_minor::bigint
    FROM (SELECT p.owner_id, p.account_id, COALESCE(pg_catalog.sum(p.minor) FILTER (WHERE t.occurred_on < p_from), 0) AS before_minor, pg_catalog.max(t.occurred_on) AS last_on
          FROM payout.posting AS p JOIN payout.txn AS t ON t.month = p.month AND t.txn_id = p.txn_id
          WHERE p.month <= p_to AND t.occurred_on <= p_to AND t.txn_no <= p_last_no GROUP BY p.owner_id, p.account_id) AS x
    JOIN payout.account AS a ON a.owner_id = x.owner_id AND a.account_id = x.account_id
    WHERE governance.is_office(p_actor, 'treasurer') AND (x.before_minor <> 0 OR x.last_on >= p_from)
    ORDER BY a.path COLLATE "C";
$$;
