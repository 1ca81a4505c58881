-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the system's causes for which a running grant must be suspended now, each with what is behind it. Whoever wants one more adds it here.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.causes_of(p_grant licensing.data_grant) RETURNS TABLE (cause text, subject uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
BEGIN
    subject := licensing.sanction_on(p_grant.organisation_id, p_grant.pool_id, p_grant.purpose);
    IF subject IS NOT NULL THEN
        cause := 'sanction';
        RETURN NEXT;
    END IF;
    subject := licensing.prohibition_on(p_grant.purpose, p_grant.created_at);
    IF subject IS NOT NULL THEN
        cause := 'prohibition';
        RETURN NEXT;
    END IF;
    subject := NULL;
    IF p_grant.attest_days IS NOT NULL AND NOT COALESCE(licensing.attested_until(p_grant.organisation_id, p_grant.attest_days) > v_now, false) THEN
        cause := 'attestation lapsed';
        RETURN NEXT;
    END IF;
    IF licensing.tombstones_overdue(p_grant.id) THEN
        cause := 'tombstones overdue';
        RETURN NEXT;
    END IF;
    SELECT d.id INTO subject FROM licensing.duty_due AS d
    WHERE d.grant_id = p_grant.id AND d.proof = 'report' AND d.met_at IS NULL AND d.cancelled_at IS NULL AND d.due_at <= v_now ORDER BY d.due_at LIMIT 1;
    IF FOUND THEN
        cause := 'report overdue';
        RETURN NEXT;
    END IF;
    SELECT i.invoice_id INTO subject FROM payout.open_invoice AS i
    WHERE i.grant_id = p_grant.id AND i.due_on < (v_now AT TIME ZONE 'UTC')::date ORDER BY i.due_on LIMIT 1;
    IF FOUND THEN
        cause := 'invoice overdue';
        RETURN NEXT;
    END IF;
END
$$;
