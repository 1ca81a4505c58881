-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: MET-E1 for one month: an event that went into quarantine is no usage: it is not among the accepted ones too, and so in no line of the
--          rollup (MET-U1 counts the accepted ones alone).
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_quarantine(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'event', q.source_no || '/' || q.event_key, 'accepted', 'in quarantine: ' || q.reason, pg_catalog.concat_ws(' ', e.units, e.meter), 'an event that must not be billed is usage all the same'
    FROM metering.quarantine AS q JOIN metering.usage_event AS e ON e.source_no = q.source_no AND e.event_key = q.event_key
    WHERE audit.month_of(q.received_at)::text = p_unit;
$$;
