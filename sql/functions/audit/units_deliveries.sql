-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of MET-D1: days on which deliveries were opened. A digest holds them and their batches.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_deliveries(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH batch AS MATERIALIZED (
        SELECT b.pool_id, b.delivery_id, pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws('|', b.no, b.grant_id, b.first_row, b.last_row, b.rows, b.repeated, b.bytes,
            pg_catalog.encode(b.body_sha256, 'hex'), b.state, b.counts::text), 0)::numeric) AS mark FROM metering.batch AS b GROUP BY b.pool_id, b.delivery_id)
    SELECT pg_catalog.timezone('UTC', d.opened_at)::date::text, audit.month_of(d.opened_at)::text,
        CASE WHEN p_months IS NULL OR audit.month_of(d.opened_at) = ANY (p_months) THEN audit.digest(pg_catalog.string_agg(pg_catalog.concat_ws(',', d.id, d.pool_id, d.grant_id, d.state, d.rows,
            d.bytes, d.body_sha256, b.mark), ';' ORDER BY d.id)) END
    FROM metering.delivery AS d LEFT JOIN batch AS b ON b.pool_id = d.pool_id AND b.delivery_id = d.id
    GROUP BY pg_catalog.timezone('UTC', d.opened_at)::date, audit.month_of(d.opened_at);
$$;
