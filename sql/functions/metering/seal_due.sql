-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: seals one month that is over plus seal_grace_seconds of the charter; the worker repeats until none is due.
-- Outcomes: ok.
-- Locks: those of metering.seal_usage.
CREATE OR REPLACE FUNCTION metering.seal_due() RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_grace interval := COALESCE((SELECT (c.doc #>> '{periods,seal_grace_seconds}')::bigint FROM governance.charter_in_force AS c LIMIT 1), 259200)
        * interval '1 second';
    v_row record;
BEGIN
    SELECT u.pool_id, m.month, (SELECT d.pool FROM metering.delivery AS d WHERE d.pool_id = u.pool_id LIMIT 1) AS pool INTO v_row
    FROM metering.usage_day AS u, LATERAL (SELECT pg_catalog.date_trunc('month', u.day::timestamp)::date AS month) AS m
    WHERE (m.month + interval '1 month') AT TIME ZONE 'UTC' + v_grace <= pg_catalog.clock_timestamp()
        AND NOT EXISTS (SELECT FROM metering.seal AS s WHERE s.pool_id = u.pool_id AND s.month = m.month)
    ORDER BY m.month, u.pool_id LIMIT 1;
    IF FOUND THEN
        PERFORM metering.seal_usage(v_row.pool_id, COALESCE(v_row.pool,
            (SELECT c.pool FROM licensing.contribution_overview AS c WHERE c.pool_id = v_row.pool_id LIMIT 1)), v_row.month, NULL);
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('done', v_row.pool_id IS NULL));
END
$$;
