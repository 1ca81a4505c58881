-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: adds a row to a candidacy.
-- Outcomes: none.
-- Locks: none; the caller has the proposal.
CREATE OR REPLACE FUNCTION governance.write_candidacy(p_id uuid, p_member uuid, p_kind text, p_by uuid, p_statement text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO governance.candidacy (proposal_id, member_id, seq, kind, by_member, statement, at)
    SELECT p_id, p_member, COALESCE(pg_catalog.max(c.seq), 0) + 1, p_kind, p_by, p_statement, pg_catalog.clock_timestamp()
    FROM governance.candidacy AS c WHERE c.proposal_id = p_id AND c.member_id = p_member;
$$;
