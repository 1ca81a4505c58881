-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: tells a licensee 30 and 7 days before its grant, its attestation or the time for a duty ends (event grant.expiring: what, days, at), once
--          each. Of two that are due together only the nearer is said, and none for what began no sooner than it would be said.
-- Outcomes: none.
-- Locks: none but those of what it writes.
CREATE OR REPLACE FUNCTION licensing.remind_grant(p_grant licensing.data_grant) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_day interval := interval '86400 seconds';
    v_row record;
BEGIN
    FOR v_row IN SELECT t.kind, t.at, t.duty, CASE WHEN v_now >= t.at - 7 * v_day THEN 7 ELSE 30 END AS days
        FROM (SELECT 'expiring', p_grant.from_at, p_grant.until_at, NULL WHERE p_grant.state IN ('active', 'suspended')
              UNION ALL
              SELECT 'attestation', a.until_at - p_grant.attest_days * v_day, a.until_at, NULL
              FROM licensing.attested_until(p_grant.organisation_id, p_grant.attest_days) AS a (until_at)
              WHERE p_grant.attest_days IS NOT NULL AND p_grant.state IN ('active', 'suspended')
              UNION ALL
              SELECT 'duty', d.from_at, d.due_at, d.duty FROM licensing.duty_due AS d
              WHERE d.grant_id = p_grant.id AND d.met_at IS NULL AND d.cancelled_at IS NULL AND d.due_at IS NOT NULL) AS t (kind, since, at, duty)
        WHERE v_now < t.at AND v_now >= t.at - 30 * v_day
            AND t.since < t.at - CASE WHEN v_now >= t.at - 7 * v_day THEN 7 ELSE 30 END * v_day LOOP
        INSERT INTO licensing.grant_reminder (grant_id, kind, subject, days, for_at)
        VALUES (p_grant.id, v_row.kind, COALESCE(v_row.duty, ''), v_row.days, v_row.at) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM licensing.tell_licensee(p_grant.id, 'grant.expiring', pg_catalog.concat_ws(' ', v_row.kind, v_row.duty, v_row.days, log.time_text(v_row.at)),
                pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('what', CASE v_row.kind WHEN 'expiring' THEN 'grant' ELSE v_row.kind END,
                    'duty', v_row.duty, 'days', v_row.days, 'at', log.time_text(v_row.at))));
        END IF;
    END LOOP;
END
$$;
