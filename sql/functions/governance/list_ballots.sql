-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the next ballots of a closed box that were neither opened nor spoiled, behind p_after (hex, '' for the first), in the order of their hashes.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_ballots(p_box text, p_after text, p_limit integer) RETURNS TABLE (record_sha256 text, record text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.encode(b.record_sha256, 'hex'), pg_catalog.convert_from(b.record, 'UTF8') FROM governance.ballot AS b
    WHERE b.box = p_box AND b.record_sha256 > pg_catalog.decode(p_after, 'hex')
      AND NOT EXISTS (SELECT FROM governance.opened_choice AS o WHERE o.box = b.box AND o.record_sha256 = b.record_sha256)
      AND NOT EXISTS (SELECT FROM governance.spoiled_ballot AS s WHERE s.box = b.box AND s.record_sha256 = b.record_sha256)
    ORDER BY b.record_sha256 LIMIT p_limit;
$$;
