-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an entry bundle: the entries behind the tile of level 0 with this number and width, each behind a big-endian 16-bit length.
-- Outcomes: ok with hex; not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.read_entries(p_number bigint, p_width integer) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(
        (SELECT log.answer('ok', pg_catalog.jsonb_build_object('hex', pg_catalog.encode(pg_catalog.string_agg(
                    pg_catalog.substr(pg_catalog.int4send(pg_catalog.octet_length(e.bytes)), 3) || e.bytes, ''::bytea
                    ORDER BY e.index), 'hex')))
         FROM log.tile AS t
         JOIN log.entry AS e ON e.index >= t.number * 256 AND e.index < t.number * 256 + t.width
         WHERE t.level = 0 AND t.number = p_number AND t.width = p_width
         HAVING pg_catalog.count(*) = p_width),
        log.refusal('not_found', 'no checkpoint had this bundle'));
$$;
