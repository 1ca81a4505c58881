-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the salt of line p_index of a run; a block of payout.run_salt has those of 32 lines.
-- Outcomes: NULL when there is none, or when it was erased.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.line_salt(p_run uuid, p_index bigint) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NULLIF(pg_catalog.substr(s.salts, (p_index % 32)::integer * 32 + 1, 32), pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex'))
    FROM payout.run_salt AS s WHERE s.run = p_run AND s.block = p_index / 32;
$$;
