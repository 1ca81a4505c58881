-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: marks a sealed month as rated, so that it is not looked at again.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.finish_rating(p_pool uuid, p_month date) RETURNS log.answer
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO payout.rated_seal (pool_id, month) VALUES (p_pool, p_month) ON CONFLICT DO NOTHING;
    SELECT log.answer('ok', '{}');
$$;
