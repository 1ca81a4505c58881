-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: builds a refusal with one sentence of detail, and errors where fields are named. PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: the slug given.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.refusal(p_outcome text, p_detail text, p_errors jsonb DEFAULT NULL) RETURNS log.answer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ROW(p_outcome, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('detail', p_detail, 'errors', p_errors)))::log.answer;
END
$$;
