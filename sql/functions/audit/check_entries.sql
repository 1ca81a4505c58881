-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: T1 for one unit of entries: none is missing up to the size that was signed and none is beyond it, each has the form of an entry
--          (canonical, so its text says where each part stands) and hashes to its leaf, its columns are what its text says, it names the leaf of its
--          object before it, and it tells of no person.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_entries(p_unit text) RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH piece AS (SELECT n.n * 4096 AS first, LEAST(n.n * 4096 + 4096, COALESCE((SELECT pg_catalog.max(c.size) FROM log.checkpoint AS c), 0)) AS size
        FROM (SELECT pg_catalog.split_part(p_unit, ' ', 2)::bigint) AS n (n)),
    -- An entry is cut into its parts by place and put together again: patterns over all of it would take ten times as long. The last `,"id":"` begins the id
    -- and the first `","prev":` behind it ends it, since quotes in an id are escaped. Without OFFSET each expression would be computed wherever it is named.
    part AS (
        SELECT e.*, t.text, pg_catalog.substr(h.head, 8, 20) AS said_at, pg_catalog.substr(h.head, 37) AS body, pg_catalog.substr(pg_catalog.split_part(h.tail, '","prev":', 1), 8) AS said_id,
            pg_catalog.split_part(r.rest, ',', 1) AS said_prev, pg_catalog.split_part(r.rest, '"', 4) AS said_sha256, pg_catalog.split_part(r.rest, '"', 8) AS said_type
        FROM log.entry AS e, piece AS p, LATERAL (SELECT pg_catalog.convert_from(e.bytes, 'LATIN1') OFFSET 0) AS t (text),
            LATERAL (SELECT pg_catalog.length(t.text) - pg_catalog."position"(pg_catalog.reverse(t.text), '":"di",') - 6 OFFSET 0) AS c (cut),
            LATERAL (SELECT pg_catalog."left"(t.text, c.cut), pg_catalog.substr(t.text, c.cut + 1) OFFSET 0) AS h (head, tail),
            LATERAL (SELECT pg_catalog.split_part(h.tail, '","prev":', 2) OFFSET 0) AS r (rest)
        WHERE e.index >= p.first AND e.index < p.first + 4096 OFFSET 0),
    entry AS MATERIALIZED (
        SELECT e.*, pg_catalog.encode(pg_catalog.sha256('\x00'::bytea || e.bytes), 'hex') AS hash,
            e.text = pg_catalog.concat('{"at":"', e.said_at, '","body":', e.body, ',"id":"', e.said_id, '","prev":', e.said_prev, ',"sha256":"', e.said_sha256, '","type":"', e.said_type, '","v":1}')
                AND pg_catalog.translate(e.said_at, '0123456789', '0000000000') = '0000-00-00T00:00:00Z' AND e.body LIKE '{%}' AND e.text !~ '[^ -~]'
                AND e.said_id <> '' AND pg_catalog.translate(pg_catalog.replace(pg_catalog.replace(e.said_id, '\\', ''), '\"', ''), '"\', '  ') = pg_catalog.replace(pg_catalog.replace(e.said_id, '\\', ''), '\"', '')
                AND (e.said_prev IN ('-1', '0') OR e.said_prev <> '' AND pg_catalog.ltrim(e.said_prev, '0123456789') = '' AND e.said_prev NOT LIKE '0%')
                AND pg_catalog.length(e.said_sha256) = 64 AND pg_catalog.ltrim(e.said_sha256, '0123456789abcdef') = ''
                AND e.said_type <> '' AND pg_catalog.ltrim(e.said_type, 'abcdefghijklmnopqrstuvwxyz0123456789_') = '' AND pg_catalog.ltrim(pg_catalog."left"(e.said_type, 1), 'abcdefghijklmnopqrstuvwxyz') = '' AS is_formed,
            pg_catalog.concat_ws(' ', e.said_type, pg_catalog.replace(pg_catalog.replace(e.said_id, '\"', '"'), '\\', '\'), e.said_sha256, e.said_prev, e.said_at) AS said
        FROM part AS e),
    gap AS (
        SELECT g.first, g.next - g.first AS missing FROM piece AS p CROSS JOIN LATERAL (
            SELECT x.index + 1, COALESCE(pg_catalog.lead(x.index) OVER (ORDER BY x.index), p.size)
            FROM (SELECT e.index FROM entry AS e WHERE e.index < p.size UNION ALL SELECT p.first - 1) AS x (index)) AS g (first, next)
        WHERE g.next > g.first)
    SELECT 'leaf', g.first::text, 'entry', g.missing::text, '0', 'entries are missing from here on: what was signed and published cannot be taken back' FROM gap AS g
    UNION ALL
    SELECT 'leaf', e.index::text, x.aspect, x.expected, x.found, x.about
    FROM entry AS e CROSS JOIN piece AS p CROSS JOIN LATERAL (
        SELECT (SELECT b.index FROM log.entry AS b WHERE b.type = e.type AND b.object_id = e.object_id AND b.index < e.index ORDER BY b.index DESC LIMIT 1)) AS before (index)
    CROSS JOIN LATERAL (VALUES
        ('entry', 'none', CASE WHEN e.index >= p.size THEN 'an entry' ELSE 'none' END, 'no checkpoint has this entry: only the sequencer adds entries'),
        ('hash', e.hash, pg_catalog.encode(e.leaf_hash, 'hex'), 'the entry is not what was hashed: its bytes or its hash were changed'),
        ('form', 'an entry', CASE WHEN e.is_formed THEN 'an entry' ELSE 'not one' END, 'its bytes are no canonical entry'),
        ('columns', e.said,
            pg_catalog.concat_ws(' ', e.type, e.object_id, e.object_sha256, e.prev, log.time_text(e.at)), 'what the table says of the entry is not what its bytes say'),
        -- The one before may be missing, which is told where it was.
        ('prev', CASE WHEN EXISTS (SELECT FROM log.entry AS b WHERE b.index = e.prev) OR e.prev < 0 OR e.prev >= e.index OR before.index > e.prev THEN COALESCE(before.index, -1)::text END,
            e.prev::text, 'the entry does not name the leaf of its object before it'),
        -- Keys and roots are in base64, where such letters mean nothing.
        ('personal data', 'none', CASE WHEN e.type <> 'key_event' AND e.text ~ '[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}' THEN 'an IBAN'
            WHEN EXISTS (SELECT FROM pg_catalog.regexp_matches(e.text, '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}', 'g') AS u (id)
                         JOIN governance.member AS m ON m.member_id = u.id[1]::uuid) THEN 'a member''s id' ELSE 'none' END,
            'the entry tells of a person, and can never be taken back: find out what wrote it')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found AND (x.aspect <> 'columns' OR e.is_formed);
$$;
