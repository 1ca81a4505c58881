-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: adds a class spell of a member from a time on.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_class(p_member uuid, p_class text, p_from timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO governance.class_spell (member_id, seq, class, from_at, asked_at)
    SELECT p_member, COALESCE(pg_catalog.max(c.seq), 0) + 1, p_class, p_from, pg_catalog.clock_timestamp()
    FROM governance.class_spell AS c WHERE c.member_id = p_member;
$$;
