-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the shares inside contributions that count in a split: those of contributors whose status is listed.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.eligible_share(p_step jsonb) RETURNS TABLE (contribution text, recipient text, share bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.contribution, c.recipient, c.share
    FROM audit.work_contributor AS c JOIN audit.work_recipient AS r ON r.id = c.recipient
    WHERE c.share > 0 AND ((SELECT p_step->'eligible'->'status') IS NULL OR (SELECT p_step->'eligible'->'status') ? r.status);
$$;
