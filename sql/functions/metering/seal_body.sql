-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a seal as people see it. sha256 is over the canonical JSON of pool, month, count, units, late, root, sealed_at.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.seal_body(p_seal metering.seal) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('pool', p_seal.pool, 'month', pg_catalog.to_char(p_seal.month, 'YYYY-MM'), 'lines', p_seal.lines,
        'units', p_seal.units, 'late', p_seal.late, 'root', p_seal.root, 'sha256', p_seal.sha256, 'sealed_at', log.time_text(p_seal.sealed_at));
$$;
