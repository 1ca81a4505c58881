-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what time and other parts do to grants: expiry, the end of an emergency suspension, suspension under a sanction, a
--          prohibition that reached its date for old grants, or a lapsed attestation, and resumption when that cause has gone.
-- Outcomes: none; how many.
-- Locks: advisory locks of the pools, exclusive; the grants' rows.
CREATE OR REPLACE FUNCTION licensing.end_grants() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_cause text;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT g.id, g.state, g.until_at, g.organisation_id, g.pool_id, g.purpose, g.created_at, g.attest_days, e.cause, e.emergency, e.until_at AS suspended_until
        FROM licensing.data_grant AS g
        JOIN LATERAL (SELECT * FROM licensing.grant_event AS x WHERE x.grant_id = g.id ORDER BY x.seq DESC LIMIT 1) AS e ON true
        WHERE g.state IN ('active', 'suspended') ORDER BY g.pool_id, g.id LOOP
        v_cause := CASE
            WHEN licensing.sanction_on(v_row.organisation_id, v_row.pool_id, v_row.purpose) IS NOT NULL THEN 'sanction'
            WHEN licensing.prohibition_on(v_row.purpose, v_row.created_at) IS NOT NULL THEN 'prohibition'
            WHEN v_row.attest_days IS NOT NULL AND NOT EXISTS (SELECT FROM licensing.attestation AS a
                WHERE a.organisation_id = v_row.organisation_id AND a.kind = 'non_commercial'
                    AND a.attested_at > pg_catalog.clock_timestamp() - v_row.attest_days * interval '86400 seconds') THEN 'attestation lapsed' END;
        IF v_row.until_at <= pg_catalog.clock_timestamp() THEN
            PERFORM licensing.move_grant(v_row.id, 'expire', 'Y', NULL, 'end of term', false, NULL);
        ELSIF v_row.state = 'active' AND v_cause IS NOT NULL THEN
            PERFORM licensing.move_grant(v_row.id, 'suspend', 'Y', NULL, v_cause, false, NULL);
        ELSIF v_row.state = 'suspended' AND v_cause IS NULL AND (v_row.emergency AND v_row.suspended_until <= pg_catalog.clock_timestamp()
                OR NOT v_row.emergency AND v_row.cause IN ('sanction', 'prohibition', 'attestation lapsed')) THEN
            PERFORM licensing.move_grant(v_row.id, 'resume', 'Y', NULL, 'cause ended', false, NULL);
        ELSE
            CONTINUE;
        END IF;
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;
