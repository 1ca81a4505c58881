-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: commitments of all funds, or of one, newest first.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_commitments(p_fund text, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT payout.page((SELECT pg_catalog.jsonb_agg(payout.commitment_json(x.id) ORDER BY x.id DESC) FROM (
        SELECT c.id FROM payout.commitment AS c WHERE (p_fund IS NULL OR c.fund = p_fund) AND (p_after IS NULL OR c.id < p_after)
        ORDER BY c.id DESC LIMIT p_limit) AS x), p_limit, 'id');
$$;
