-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member's own payee account versions, or for an officer (p_waiting) the changes that wait for a second person.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_accounts_of_payee(p_actor uuid, p_waiting boolean) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_waiting AND NOT COALESCE(governance.is_office(p_actor, 'membership_officer') OR governance.is_office(p_actor, 'treasurer')
        OR governance.is_office(p_actor, 'board'), false) THEN
        RETURN log.refusal('forbidden', 'only officers see the changes that wait');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', COALESCE((SELECT pg_catalog.jsonb_agg(payout.account_json(a.id) ORDER BY a.id DESC)
        FROM payout.payee_account AS a WHERE CASE WHEN p_waiting THEN payout.account_state(a.id, pg_catalog.clock_timestamp()) = 'member_confirmed'
            ELSE a.member_id = p_actor END), '[]')));
END
$$;
