-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends a group of events whose rows were copied into usage_event earlier in this transaction: adds what they come to to the rollup.
--          p_low and p_high bound the keys of each source. 40001, and the group goes through metering.store_events: what the events were judged
--          by has moved, or one of them stands in quarantine (or so many are near that looking costs more).
-- Outcomes: none; the database's time in microseconds since 1970.
-- Locks: metering.source_lock of each source, shared; those of metering.lock_events and metering.add_usage.
CREATE OR REPLACE FUNCTION metering.close_events(p_sources integer[], p_low uuid[], p_high uuid[], p_pools uuid[], p_consent_epochs bigint[],
    p_grants uuid[], p_grant_epochs bigint[], l_pools uuid[], l_days date[], l_grants uuid[], l_meters text[], l_contributions uuid[],
    l_units bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_near CONSTANT integer := 1000;
    v_source integer;
BEGIN
    FOREACH v_source IN ARRAY p_sources LOOP
        PERFORM pg_catalog.pg_advisory_xact_lock_shared(metering.source_lock(v_source));
    END LOOP;
    IF EXISTS (SELECT FROM unnest(p_sources, p_low, p_high) AS s (source_no, low, high)
               JOIN metering.quarantine AS q ON q.source_no = s.source_no AND q.event_key BETWEEN s.low AND s.high)
        AND EXISTS (
        SELECT FROM unnest(p_sources, p_low, p_high) AS s (source_no, low, high),
            LATERAL (SELECT pg_catalog.count(*) AS near, pg_catalog.count(e.event_key) AS here
                     FROM (SELECT x.event_key FROM metering.quarantine AS x WHERE x.source_no = s.source_no
                               AND x.event_key BETWEEN s.low AND s.high LIMIT c_near) AS q
                     LEFT JOIN metering.usage_event AS e ON e.source_no = s.source_no AND e.event_key = q.event_key) AS n
        WHERE n.near = c_near OR n.here > 0)
        OR NOT metering.lock_events(p_sources, p_pools, p_consent_epochs, p_grants, p_grant_epochs) THEN
        RAISE EXCEPTION 'the events are to be judged anew' USING ERRCODE = 'serialization_failure';
    END IF;
    PERFORM metering.add_usage(l_pools, l_days, l_grants, l_meters, l_contributions, l_units);
    RETURN (EXTRACT(EPOCH FROM pg_catalog.clock_timestamp()) * 1000000)::bigint;
END
$$;
