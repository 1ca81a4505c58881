-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of LIC-N7: every entry of a list (rows of one contribution under one grant) by the month it was written in, and every grant
--          under which something was delivered.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_tombstones(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.concat_ws(' ', m.grant_id, m.contribution_id, m.kind, m.epoch), audit.month_of(m.at)::text,
        CASE WHEN p_months IS NULL OR audit.month_of(m.at) = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws('|', m::text,
            (SELECT pg_catalog.string_agg(t::text, ',' ORDER BY t.seq) FROM licensing.tombstone AS t
             WHERE t.grant_id = m.grant_id AND t.seq > m.last_seq - m.rows AND t.seq <= m.last_seq),
            (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(',', b.delivery_id, b.no, b.consent_epoch, b.contributions, pg_catalog.encode(b.runs, 'hex')), ';' ORDER BY b.delivery_id, b.no)
             FROM metering.batch AS b JOIN licensing.contribution AS c ON c.id = m.contribution_id
             WHERE b.grant_id = m.grant_id AND b.consent_epoch <= m.epoch AND (b.contributions @> ARRAY[c.no] OR b.repeated > 0)))) END
    FROM licensing.tombstone_mark AS m
    UNION ALL
    SELECT d.grant_id::text, 'none', audit.digest(pg_catalog.concat_ws('|', d.batches, (SELECT s.epoch FROM licensing.tombstone_scan AS s WHERE s.grant_id = d.grant_id),
        (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(m.rows), pg_catalog.max(m.last_seq)) FROM licensing.tombstone_mark AS m WHERE m.grant_id = d.grant_id),
        (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.max(t.seq)) FROM licensing.tombstone AS t WHERE t.grant_id = d.grant_id)))
    FROM (SELECT b.grant_id, pg_catalog.count(*) AS batches FROM metering.batch AS b GROUP BY b.grant_id) AS d;
$$;
