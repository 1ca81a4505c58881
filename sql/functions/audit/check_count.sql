-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A2: the ballots of a proposal that money rests on (audit.check_ballots), and what they came to (audit.check_tally): they carry it.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_count(p_proposal uuid)
RETURNS TABLE (aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT x.aspect, x.expected, x.found, x.about FROM audit.check_ballots(p_proposal) AS x
    UNION ALL
    SELECT x.aspect, x.expected, x.found, x.about FROM audit.check_tally(p_proposal) AS x;
$$;
