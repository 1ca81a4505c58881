-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a piece of a stored document, from p_from (0 is the first byte), at most p_length bytes. Documents of runs are stored as they are, so a
--          piece is read without the rest.
-- Outcomes: bytes; NULL when there is no such document.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.read_document(p_sha256 text, p_from bigint, p_length integer) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.substr(e.bytes, (p_from + 1)::integer, p_length) FROM payout.evidence AS e WHERE e.sha256 = p_sha256;
$$;
