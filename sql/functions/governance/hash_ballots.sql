-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: SHA-256 of p_salt and the lines hash LF of a box's ballots, sorted; a ballot's hash is that of its canonical
--          {at, choice, member, proposal, reading, seq}. p_until: of those cast by then (NULL: all).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.hash_ballots(p_id uuid, p_reading integer, p_salt bytea, p_until timestamptz) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.encode(pg_catalog.sha256(p_salt || pg_catalog.convert_to(COALESCE(pg_catalog.string_agg(b.hash || E'\n', '' ORDER BY b.hash COLLATE "C"), ''), 'UTF8')), 'hex')
    FROM (SELECT governance.hash_text(pg_catalog.format('{"at":"%s","choice":"%s","member":"%s","proposal":"%s","reading":%s,"seq":%s}',
              log.time_text(n.at), n.choice, n.member_id, p_id, p_reading, n.seq)) AS hash
          FROM governance.named_vote AS n WHERE n.proposal_id = p_id AND n.reading = p_reading AND (p_until IS NULL OR n.at <= p_until)) AS b;
$$;
