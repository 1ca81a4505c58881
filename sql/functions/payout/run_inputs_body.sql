-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the log is told of a run's inputs (audit.md section 6): public figures only.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.run_inputs_body(p_run uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('pool', r.pool, 'month', pg_catalog.to_char(r.service_month, 'YYYY-MM'), 'pot', r.pot, 'rows', r.input_rows,
        'units', r.input_units, 'usage_root', r.usage_root, 'external_sha256', r.external_sha256)
    FROM payout.run AS r WHERE r.id = p_run;
$$;
