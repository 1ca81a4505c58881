-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: log.append_leaf for many leaves of one type, in the order of the arrays.
-- Outcomes: none; an unknown type raises, because it is a bug.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.append_leaves(p_type text, p_object_ids text[], p_sha256s text[], p_bodies jsonb[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_at text := pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
BEGIN
    IF NOT EXISTS (SELECT FROM log.entry_type WHERE type = p_type) OR EXISTS (SELECT FROM pg_catalog.unnest(p_sha256s) AS h WHERE h IS NULL OR h !~ '^[0-9a-f]{64}$') THEN
        RAISE EXCEPTION 'log.append_leaves: no entry type %, or a leaf without SHA-256', p_type USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO log.outbox (topic, payload)
    SELECT 'leaf', pg_catalog.jsonb_build_object('type', p_type, 'id', l.id, 'sha256', l.sha256, 'at', v_at, 'body', COALESCE(l.body, '{}'))
    FROM ROWS FROM (pg_catalog.unnest(p_object_ids), pg_catalog.unnest(p_sha256s), pg_catalog.unnest(p_bodies)) WITH ORDINALITY AS l (id, sha256, body, at) ORDER BY l.at;
    PERFORM pg_catalog.pg_notify('outbox', 'leaf');
END
$$;
