-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores a group of events of which some may be here already, each once, in usage_event or, with a reason, in quarantine, and adds what is
--          new to the rollup. The events come in the order of source and key, each key once. May be repeated: what was stored is a
--          duplicate then. 40001: what they were judged by has moved.
--          Stored rows are looked up one by one, never joined: the planner knows nothing of the arrays, and a bad guess would read all events.
-- Outcomes: none; a letter for each event: n new, d here with the same content, c here with other content.
-- Locks: rows of the same keys under way elsewhere; metering.source_lock of each source, exclusive where one goes into quarantine; those of
--        metering.lock_events and metering.add_usage.
CREATE OR REPLACE FUNCTION metering.store_events(p_sources integer[], p_pools uuid[], p_consent_epochs bigint[], p_grants uuid[],
    p_grant_epochs bigint[], e_sources integer[], e_keys uuid[], e_grants uuid[], e_pools uuid[], e_meters text[], e_units bigint[],
    e_contributions uuid[], e_times bigint[], e_hashes text[], e_ids text[], e_reasons text[]) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_source integer;
    v_added integer[];
    v_kept integer[];
    v_lines record;
BEGIN
    WITH event AS (
        SELECT e.*, timestamptz 'epoch' + e.time * interval '1 microsecond' AS at
        FROM unnest(e_sources, e_keys, e_grants, e_pools, e_meters, e_units, e_contributions, e_times, e_hashes, e_reasons) WITH ORDINALITY
            AS e (source_no, key, grant_id, pool_id, meter, units, contribution_id, time, hash, reason, n)),
    added AS (
        INSERT INTO metering.usage_event (source_no, event_key, grant_id, pool_id, meter, units, contribution_id, occurred_at, content_hash)
        SELECT e.source_no, e.key, e.grant_id, e.pool_id, e.meter, e.units, e.contribution_id, e.at, pg_catalog.decode(e.hash, 'hex') FROM event AS e
        WHERE e.reason IS NULL AND (SELECT true FROM metering.quarantine AS q WHERE q.source_no = e.source_no AND q.event_key = e.key) IS NULL
        ORDER BY e.source_no, e.key
        ON CONFLICT (source_no, event_key) DO NOTHING RETURNING source_no, event_key)
    SELECT COALESCE(pg_catalog.array_agg(e.n), '{}') INTO v_added FROM event AS e JOIN added AS a ON a.source_no = e.source_no AND a.event_key = e.key;

    FOREACH v_source IN ARRAY p_sources LOOP
        IF EXISTS (SELECT FROM unnest(e_sources, e_reasons) AS e (source_no, reason) WHERE e.source_no = v_source AND e.reason IS NOT NULL) THEN
            PERFORM pg_catalog.pg_advisory_xact_lock(metering.source_lock(v_source));
        ELSE
            PERFORM pg_catalog.pg_advisory_xact_lock_shared(metering.source_lock(v_source));
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM unnest(e_sources, e_keys) WITH ORDINALITY AS e (source_no, key, n) JOIN unnest(v_added) AS a (n) ON a.n = e.n
               WHERE (SELECT true FROM metering.quarantine AS q WHERE q.source_no = e.source_no AND q.event_key = e.key))
        OR NOT metering.lock_events(p_sources, p_pools, p_consent_epochs, p_grants, p_grant_epochs) THEN
        RAISE EXCEPTION 'the events are to be judged anew' USING ERRCODE = 'serialization_failure';
    END IF;

    WITH event AS (
        SELECT e.* FROM unnest(e_sources, e_keys, e_grants, e_pools, e_meters, e_units, e_contributions, e_times, e_hashes, e_ids, e_reasons)
            WITH ORDINALITY AS e (source_no, key, grant_id, pool_id, meter, units, contribution_id, time, hash, event_id, reason, n)
        WHERE e.reason IS NOT NULL),
    kept AS (
        INSERT INTO metering.quarantine (source_no, event_key, event_id, grant_id, pool_id, meter, units, contribution_id, occurred_at,
            content_hash, reason)
        SELECT e.source_no, e.key, e.event_id, e.grant_id, e.pool_id, e.meter, e.units, e.contribution_id,
            timestamptz 'epoch' + e.time * interval '1 microsecond', pg_catalog.decode(e.hash, 'hex'), e.reason FROM event AS e
        WHERE (SELECT true FROM metering.usage_event AS u WHERE u.source_no = e.source_no AND u.event_key = e.key) IS NULL
        ORDER BY e.source_no, e.key
        ON CONFLICT (source_no, event_key) DO NOTHING RETURNING source_no, event_key)
    SELECT COALESCE(pg_catalog.array_agg(e.n), '{}') INTO v_kept FROM event AS e JOIN kept AS k ON k.source_no = e.source_no AND k.event_key = e.key;

    SELECT pg_catalog.array_agg(x.pool_id) AS pools, pg_catalog.array_agg(x.day) AS days, pg_catalog.array_agg(x.grant_id) AS grants,
        pg_catalog.array_agg(x.meter) AS meters, pg_catalog.array_agg(x.contribution_id) AS contributions, pg_catalog.array_agg(x.units) AS units INTO v_lines
    FROM (SELECT e.pool_id, ((timestamptz 'epoch' + e.time * interval '1 microsecond') AT TIME ZONE 'UTC')::date AS day, e.grant_id, e.meter,
              e.contribution_id, pg_catalog.sum(e.units)::bigint AS units
          FROM unnest(e_grants, e_pools, e_meters, e_units, e_contributions, e_times) WITH ORDINALITY
              AS e (grant_id, pool_id, meter, units, contribution_id, time, n) JOIN unnest(v_added) AS a (n) ON a.n = e.n
          GROUP BY 1, 2, 3, 4, 5) AS x;
    IF v_lines.pools IS NOT NULL THEN
        PERFORM metering.add_usage(v_lines.pools, v_lines.days, v_lines.grants, v_lines.meters, v_lines.contributions, v_lines.units);
    END IF;

    RETURN (
        SELECT pg_catalog.string_agg(CASE WHEN w.n IS NOT NULL THEN 'n'
            WHEN COALESCE((SELECT u.content_hash FROM metering.usage_event AS u WHERE u.source_no = e.source_no AND u.event_key = e.key),
                          (SELECT q.content_hash FROM metering.quarantine AS q WHERE q.source_no = e.source_no AND q.event_key = e.key))
                = pg_catalog.decode(e.hash, 'hex') THEN 'd' ELSE 'c' END, '' ORDER BY e.n)
        FROM unnest(e_sources, e_keys, e_hashes) WITH ORDINALITY AS e (source_no, key, hash, n)
        LEFT JOIN unnest(v_added || v_kept) AS w (n) ON w.n = e.n);
END
$$;
