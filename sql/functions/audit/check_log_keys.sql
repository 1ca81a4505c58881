-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: T4 for the history of the log's keys: each has the id that name and key make, and one that was replaced signed for 30 days beside the one
--          that took its place. Keys of a log that could not be continued end with it.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_log_keys() RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH key AS (SELECT k.*, p.part[1] AS name, p.part[2] AS id, CASE WHEN p.part[3] ~ '^[A-Za-z0-9+/]{44}$' THEN pg_catalog.decode(p.part[3], 'base64') END AS typed
        FROM log.key AS k CROSS JOIN LATERAL pg_catalog.regexp_match(k.vkey, '^([^+]+)\+([0-9a-f]{8})\+(.*)$') AS p (part))
    SELECT 'key', k.vkey, x.aspect, x.expected, x.found, x.about
    FROM key AS k CROSS JOIN LATERAL (VALUES
        ('id', COALESCE(pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(k.name || E'\n', 'UTF8') || k.typed), 'hex'), 8), 'a verifier key'),
            COALESCE(k.id, 'none'), 'it is no verifier key of this name'),
        ('overlap', '30 days', CASE WHEN k.until_at IS NULL OR EXISTS (SELECT FROM log.former AS f WHERE f.ended_at = k.until_at OR k.until_at > f.ended_at AND k.from_at < f.ended_at)
            OR EXISTS (SELECT FROM key AS n WHERE n.name = k.name AND n.vkey <> k.vkey AND n.from_at >= k.from_at AND n.from_at <= k.until_at - interval '30 days' + interval '1 minute')
            THEN '30 days' ELSE 'less' END, 'who knew this key alone had no month to learn the next one'),
        ('time', 'later', CASE WHEN k.until_at <= k.from_at THEN 'earlier' ELSE 'later' END, 'its time ends before it begins')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found;
$$;
