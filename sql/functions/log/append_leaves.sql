-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: log.append_leaf for many leaves of one type, in the order of the arrays.
-- Outcomes: none; what can be no entry raises, because it is a bug.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.append_leaves(p_type text, p_object_ids text[], p_sha256s text[], p_bodies jsonb[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_at text := log.time_text(pg_catalog.clock_timestamp());
    v_written bigint;
BEGIN
    -- Only what is not plain at a glance (a uuid, a hash, a body of ASCII and few digits) is looked at closely.
    INSERT INTO log.outbox (topic, payload)
    SELECT 'leaf', pg_catalog.jsonb_build_object('type', p_type, 'id', l.id, 'sha256', l.sha256, 'at', v_at, 'body', COALESCE(l.body, '{}'))
    FROM log.entry_type AS t
    CROSS JOIN ROWS FROM (pg_catalog.unnest(p_object_ids), pg_catalog.unnest(p_sha256s), pg_catalog.unnest(p_bodies)) WITH ORDINALITY AS l (id, sha256, body, at)
    CROSS JOIN LATERAL (SELECT l.body::text AS text OFFSET 0) AS b -- once
    WHERE t.type = p_type AND CASE WHEN pg_catalog.length(l.id) = 36 AND pg_catalog.ltrim(l.id, '0123456789abcdef-') = ''
        AND pg_catalog.length(l.sha256) = 64 AND pg_catalog.ltrim(l.sha256, '0123456789abcdef') = '' AND pg_catalog.jsonb_typeof(l.body) = 'object'
        AND pg_catalog.octet_length(b.text) < 1000 AND pg_catalog.octet_length(b.text) = pg_catalog.length(b.text)
        AND pg_catalog.translate(b.text, E'.\\\x7f', '') = b.text
        AND pg_catalog.length(b.text) - pg_catalog.length(pg_catalog.translate(b.text, '0123456789', '')) < 19
        THEN true ELSE log.check_leaf(p_type, l.id, l.sha256, COALESCE(l.body, '{}')) IS NOT NULL END
    ORDER BY l.at;
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written <> pg_catalog.cardinality(p_object_ids) THEN
        RAISE EXCEPTION 'log.append_leaf: there is no entry type %', p_type USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_catalog.pg_notify('outbox', 'leaf');
END
$$;
