-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the id of a run from the hash of its inputs and the root of the checkpoint that covers them.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.run_number(p_inputs_sha256 text, p_root bytea) RETURNS text
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'run-' || pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
        E'commonhold-run/1\n' || p_inputs_sha256 || E'\n' || pg_catalog.encode(p_root, 'base64') || E'\n', 'UTF8')), 'hex'), 32);
$$;
