-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the refusal of a vote that comes before voting opened, or behind its close.
-- Outcomes: voting_not_open.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.not_open(p governance.proposal) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN log.refusal('voting_not_open', CASE WHEN p.closes_at IS NULL THEN 'voting has not opened' ELSE 'voting closed at ' || log.time_text(p.closes_at) END);
END
$$;
