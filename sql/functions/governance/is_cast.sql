-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a record is in this box, open or closed.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.is_cast(p_box text, p_hash bytea) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM governance.ballot_box AS b WHERE b.box = p_box AND b.record_sha256 = p_hash)
        OR EXISTS (SELECT FROM governance.ballot AS b WHERE b.box = p_box AND b.record_sha256 = p_hash);
END
$$;
