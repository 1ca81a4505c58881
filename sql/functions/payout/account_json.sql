-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a payee account version as its member sees it; the IBAN by country, check digits and last four.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.account_json(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', a.id, 'member_id', a.member_id, 'version', a.version, 'iban_hint', a.iban_hint, 'commitment', a.commitment,
        'state', payout.account_state(a.id, pg_catalog.clock_timestamp()), 'proposed_at', log.time_text(a.proposed_at),
        'usable_at', (SELECT log.time_text(pg_catalog.min(e.usable_at)) FROM payout.payee_account_event AS e WHERE e.id = a.id))
    FROM payout.payee_account AS a WHERE a.id = p_id;
$$;
