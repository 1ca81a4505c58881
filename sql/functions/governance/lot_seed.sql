-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the seed of a draw: SHA-256 of the values in class order, each 32 bytes; for a value that was withheld its commitment stands, a
--          class that did not commit adds nothing. NULL when no class committed. The same in services/governance/core/lot.c.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.lot_seed(p_appeal uuid, p_round integer) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.decode(pg_catalog.string_agg(COALESCE(r.value, k.commitment), ''
               ORDER BY pg_catalog.strpos('UWC', k.class)), 'hex')), 'hex')
    FROM governance.panel_commit AS k LEFT JOIN governance.panel_reveal AS r USING (appeal_id, round, class)
    WHERE k.appeal_id = p_appeal AND k.round = p_round;
$$;
