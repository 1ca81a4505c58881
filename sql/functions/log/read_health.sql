-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether the sequencer signs.
-- Outcomes: ok with reason (null: it does).
-- Locks: none.
CREATE OR REPLACE FUNCTION log.read_health() RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('reason', (SELECT reason FROM log.health)));
$$;
