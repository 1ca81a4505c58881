-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of MET-E1: months in which events went into quarantine. A digest holds them, and which of them are usage as well.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_quarantine(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT audit.month_of(q.received_at)::text, audit.month_of(q.received_at)::text, CASE WHEN p_months IS NULL OR audit.month_of(q.received_at) = ANY (p_months) THEN
        audit.digest(pg_catalog.string_agg(pg_catalog.concat_ws('|', q.id, q.source_no, q.event_key, q.units, q.reason, e.event_key IS NOT NULL), ';' ORDER BY q.id)) END
    FROM metering.quarantine AS q LEFT JOIN metering.usage_event AS e ON e.source_no = q.source_no AND e.event_key = q.event_key
    GROUP BY audit.month_of(q.received_at);
$$;
