-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the duties of a grant that begins, as rows with their dates: compensate and accept_tracking are proven by payout and metering and
--          have none; what is declared, and the ethics approval, within_days from now (30 where the terms say nothing); results within_days
--          (90) behind the end; delete becomes due when the grant ends (licensing.wind_up); a report for each year of 365 days that the grant
--          runs, at the year's end. A reinstated grant keeps its rows, without those of the end that did not last.
-- Outcomes: none.
-- Locks: those of the caller, licensing.move_grant.
CREATE OR REPLACE FUNCTION licensing.start_duties(p_grant uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.data_grant;
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_day interval := interval '86400 seconds';
BEGIN
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_grant;
    INSERT INTO licensing.grant_due (grant_id, at) VALUES (p_grant, v_now) ON CONFLICT (grant_id) DO UPDATE SET at = EXCLUDED.at;
    IF EXISTS (SELECT FROM licensing.duty_due AS d WHERE d.grant_id = p_grant) THEN
        UPDATE licensing.duty_due SET cancelled_at = v_now WHERE grant_id = p_grant AND act = 'delete' AND met_at IS NULL AND cancelled_at IS NULL;
        RETURN;
    END IF;
    INSERT INTO licensing.duty_due (id, grant_id, duty, act, proof, n, from_at, due_at)
    SELECT log.new_id(), p_grant, d.v ->> 'id', d.v ->> 'act', k.proof, 1, v_now, CASE
            WHEN k.proof = 'automatic' THEN NULL
            WHEN d.v ->> 'act' IN ('return_results', 'publish_results') THEN v_row.until_at + COALESCE((d.v ->> 'within_days')::integer, 90) * v_day
            ELSE v_now + COALESCE((d.v ->> 'within_days')::integer, 30) * v_day END
    FROM licensing.agreement AS a, pg_catalog.jsonb_array_elements(a.body -> 'duties') AS d (v),
        LATERAL (SELECT CASE WHEN d.v ->> 'act' IN ('compensate', 'accept_tracking') THEN 'automatic'
            WHEN d.v ->> 'act' IN ('return_results', 'publish_results', 'ethics_approval') THEN 'document' ELSE 'declaration' END AS proof) AS k
    WHERE a.id = v_row.agreement_id AND d.v ->> 'act' <> 'delete';
    INSERT INTO licensing.duty_due (id, grant_id, duty, act, proof, n, from_at, due_at)
    SELECT log.new_id(), p_grant, 'core:yearly-report', 'report', 'report', y.n, v_row.from_at + (y.n - 1) * 365 * v_day,
        LEAST(v_row.from_at + y.n * 365 * v_day, v_row.until_at)
    FROM pg_catalog.generate_series(1, 4) AS y (n) WHERE v_row.from_at + (y.n - 1) * 365 * v_day < v_row.until_at;
END
$$;
