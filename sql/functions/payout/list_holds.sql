-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: holds that are open, newest first: the member's own, all for the treasurer, with who can lift them. `listed` is what keeps the member's own
--          payable from being paid without a hold: below_minimum, cool_down.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_holds(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_all boolean := COALESCE(governance.is_office(p_actor, 'treasurer'), false);
    v_page log.answer;
    v_listed jsonb;
BEGIN
    v_page := payout.page((SELECT pg_catalog.jsonb_agg(payout.hold_json(x) ORDER BY x.id DESC)
        FROM (SELECT h.* FROM payout.hold AS h WHERE h.released_at IS NULL AND (v_all OR h.member_id = p_actor) AND (p_after IS NULL OR h.id < p_after)
            ORDER BY h.id DESC LIMIT p_limit) AS x), p_limit, 'id');
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('reason', w.reason, 'amount', payout.money(-b.minor, payout.currency()), 'lifted_by', payout.hold_lifter(w.reason))) INTO v_listed
    FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
    CROSS JOIN LATERAL (SELECT CASE WHEN -b.minor < payout.minimum_payout() THEN 'below_minimum' WHEN payout.usable_account(p_actor) IS NULL AND EXISTS (
        SELECT FROM payout.payee_account AS p WHERE p.member_id = p_actor AND payout.account_state(p.id, pg_catalog.clock_timestamp()) = 'cooling_down') THEN 'cool_down' END) AS w (reason)
    WHERE a.owner_id = p_actor AND a.path = 'Liabilities:Member:' || p_actor || ':Payable' AND b.minor < 0 AND w.reason IS NOT NULL;
    RETURN log.answer('ok', v_page.body || pg_catalog.jsonb_build_object('listed', COALESCE(v_listed, '[]')));
END
$$;
