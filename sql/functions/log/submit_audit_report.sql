-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: logs an audit report: the id of the audit, the hash of the report's canonical text, the exit code, and how many findings
--          are open per severity. The only write of the auditor outside its own schema.
-- Outcomes: the number of the waiting leaf; raises when the figures are none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.submit_audit_report(p_run uuid, p_sha256 text, p_exit integer, p_loss bigint, p_breach bigint, p_lag bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_run IS NULL OR p_exit IS NULL OR p_exit NOT BETWEEN 0 AND 3 OR COALESCE(LEAST(p_loss, p_breach, p_lag), -1) < 0
        OR p_loss IS NULL OR p_breach IS NULL OR p_lag IS NULL THEN
        RAISE EXCEPTION 'log.submit_audit_report: no exit code or counts' USING ERRCODE = 'check_violation';
    END IF;
    RETURN log.append_leaf('audit_report', p_run::text, p_sha256, pg_catalog.jsonb_build_object('exit', p_exit,
        'open', pg_catalog.jsonb_build_object('loss', p_loss, 'breach', p_breach, 'lag', p_lag)));
END
$$;
