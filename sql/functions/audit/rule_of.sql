-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the rule document a run was made by; NULL where the stored bytes are others, which A3 tells.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.rule_of(p_run uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb FROM payout.run AS r JOIN payout.evidence AS e ON e.sha256 = r.rule_sha256
    WHERE r.id = p_run AND pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') = r.rule_sha256;
$$;
