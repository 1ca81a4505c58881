-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is owed to members, payable and held, by reason and age. What is held counts from its hold, what is payable from the month in which the account last left zero.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_payables(p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    RETURN log.answer('ok', (WITH owed AS (
        SELECT h.reason, h.member_id, h.minor, payout.today() - (h.since AT TIME ZONE 'UTC')::date AS days FROM payout.hold AS h WHERE h.released_at IS NULL
        UNION ALL
        SELECT 'Payable', b.owner_id, -b.minor, payout.today() - COALESCE((SELECT pg_catalog.min(p.month) FROM payout.posting AS p
            WHERE p.owner_id = b.owner_id AND p.account_id = b.account_id AND p.month >= COALESCE((SELECT pg_catalog.max(z.month) FROM payout.posting AS z
                WHERE z.owner_id = b.owner_id AND z.account_id = b.account_id AND z.after_minor = 0), '-infinity') AND p.after_minor <> 0), payout.today())
        FROM payout.balance AS b JOIN payout.account AS a ON a.owner_id = b.owner_id AND a.account_id = b.account_id
        WHERE b.owner_id <> '00000000-0000-0000-0000-000000000000' AND b.minor < 0 AND a.path LIKE '%:Payable')
        SELECT pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('reason', x.reason, 'days', x.days, 'members', x.members,
            'amount', payout.money(x.minor, payout.currency())) ORDER BY x.reason, x.first), '[]'),
            'total', payout.money(COALESCE(pg_catalog.sum(x.minor), 0)::bigint, payout.currency()))
        FROM (SELECT o.reason, payout.age_bucket(o.days) AS days, pg_catalog.count(DISTINCT o.member_id) AS members, pg_catalog.sum(o.minor)::bigint AS minor, pg_catalog.min(o.days) AS first
              FROM owed AS o GROUP BY 1, 2) AS x));
END
$$;
