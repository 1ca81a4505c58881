-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the recipients or contributions of a run's inputs, one text each.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.run_rows(p_run uuid, p_array text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_rule jsonb;
    v_external jsonb;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run;
    SELECT pg_catalog.convert_from(bytes, 'UTF8')::jsonb INTO v_rule FROM payout.evidence WHERE sha256 = v_run.rule_sha256;
    SELECT pg_catalog.convert_from(bytes, 'UTF8')::jsonb INTO v_external FROM payout.evidence WHERE sha256 = v_run.external_sha256;
    IF p_array = 'recipients' THEN
        RETURN QUERY SELECT * FROM payout.run_recipients(v_run.pool_id, v_run.service_month, v_run.licensee, v_rule, v_external);
    ELSE
        RETURN QUERY SELECT * FROM payout.run_contributions(v_run.pool_id, v_run.service_month, v_run.licensee, v_rule, v_external);
    END IF;
END
$$;
