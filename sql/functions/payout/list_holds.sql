-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: holds that are open: the member's own, all for the treasurer, with who can lift them.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_holds(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_all boolean := COALESCE(governance.is_office(p_actor, 'treasurer'), false);
BEGIN
    RETURN payout.page((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', x.id, 'member_id', x.member_id, 'reason', x.reason,
            'amount', payout.money(x.minor, payout.currency()), 'since', log.time_text(x.since), 'txn_id', x.txn_id,
            'lifted_by', CASE x.reason WHEN 'BankMissing' THEN 'the member, with a payee account' ELSE 'the treasurer' END) ORDER BY x.id DESC)
        FROM (SELECT h.* FROM payout.hold AS h WHERE h.released_at IS NULL AND (v_all OR h.member_id = p_actor) AND (p_after IS NULL OR h.id < p_after)
            ORDER BY h.id DESC LIMIT p_limit) AS x), p_limit, 'id');
END
$$;
