-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: builds the row every write answers, for RETURN statements. PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: the slug given.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.answer(p_outcome text, p_body jsonb DEFAULT NULL) RETURNS log.answer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ROW(p_outcome, p_body)::log.answer;
END
$$;
