-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for the auditor, who sees no salt: how many lines of a member, of runs that had ended at an instant, still have theirs.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.lines_salted(p_member uuid, p_ended_by timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.count(*) FROM payout.run_line AS l JOIN payout.run AS r ON r.id = l.run
    WHERE l.member_id = p_member AND r.ended_at < p_ended_by AND payout.line_salt(l.run, l.index) IS NOT NULL;
$$;
