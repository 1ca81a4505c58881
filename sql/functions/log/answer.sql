-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: builds the row every write answers, for RETURN statements.
-- Outcomes: the slug given.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.answer(p_outcome text, p_body jsonb DEFAULT NULL) RETURNS log.answer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ROW(p_outcome, p_body)::log.answer;
$$;
