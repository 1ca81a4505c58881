-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the published hash of a roll: SHA-256 of the lines class TAB member_id LF, sorted by byte.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.hash_roll(p_id uuid, p_reading integer) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(COALESCE(pg_catalog.string_agg(
               r.class || E'\t' || r.member_id || E'\n', '' ORDER BY r.class::text COLLATE "C", r.member_id::text COLLATE "C"), ''), 'UTF8')), 'hex')
    FROM governance.roll AS r WHERE r.proposal_id = p_id AND r.reading = p_reading;
$$;
