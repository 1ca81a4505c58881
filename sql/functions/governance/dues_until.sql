-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: until when a member's dues are covered, paid or waived, with the grace behind; of who has none yet, grace runs from their last admission.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.dues_until(p_member uuid) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT GREATEST(
            (SELECT pg_catalog.max(d.until_at) FROM governance.dues AS d WHERE d.member_id = p_member),
            (SELECT pg_catalog.max(s.since_at) FROM governance.standing AS s LEFT JOIN governance.standing AS b ON b.member_id = s.member_id AND b.seq = s.seq - 1
             WHERE s.member_id = p_member AND s.standing = 'active' AND COALESCE(b.standing, 'applied') = 'applied'))
        + (SELECT (c.doc -> 'dues' ->> 'grace_seconds')::bigint * interval '1 second' FROM governance.charter AS c);
$$;
