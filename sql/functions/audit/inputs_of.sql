-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the inputs of a run as they were frozen; NULL where the stored bytes are others, which A3 tells.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.inputs_of(p_run uuid) RETURNS json
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.convert_from(e.bytes, 'UTF8')::json FROM payout.run AS r JOIN payout.evidence AS e ON e.sha256 = r.inputs_file_sha256
    WHERE r.id = p_run AND pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') = r.inputs_sha256;
$$;
