-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: replaces the running estimate of one grant and month.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.save_estimate(p_grant uuid, p_month date, p_totals jsonb) RETURNS log.answer
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO payout.estimate (grant_id, month, class, units, amount_minor)
    SELECT p_grant, p_month, e.key, (e.value->>'units')::bigint, (e.value->>'amount')::bigint FROM pg_catalog.jsonb_each(p_totals) AS e
    ON CONFLICT (grant_id, month, class) DO UPDATE
    SET units = EXCLUDED.units, amount_minor = EXCLUDED.amount_minor, at = pg_catalog.clock_timestamp();
    SELECT log.answer('ok', '{}');
$$;
