-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: number of the advisory lock of a source: shared by who accepts its events, exclusive by who puts one into quarantine, so that no
--          event is in both tables. PL/pgSQL keeps its plan; an SQL function would be planned for each group.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.source_lock(p_source integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_catalog.hashtextextended('metering.source ' || p_source, 30);
END
$$;
