-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N7 for one unit, as far as it can be known without the grant's key. An entry: as many names of its kind stand on the list as rows
--          of the contribution left in batches since its entry before. A grant: its list is made of its entries and of nothing else, and
--          every contribution with delivered rows whose coverage ended before the list was last completed has one.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_tombstones(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH mark AS (
        SELECT m.*, c.no, COALESCE((SELECT pg_catalog.max(o.epoch) FROM licensing.tombstone_mark AS o WHERE o.grant_id = m.grant_id AND o.contribution_id = m.contribution_id
                AND o.epoch < m.epoch AND (m.kind = 'withdrawn' OR o.kind = 'erased')), -1) AS after
        FROM licensing.tombstone_mark AS m JOIN licensing.contribution AS c ON c.id = m.contribution_id
        WHERE pg_catalog.concat_ws(' ', m.grant_id, m.contribution_id, m.kind, m.epoch) = p_unit),
    batch AS (
        SELECT m.no, b.runs FROM mark AS m JOIN metering.batch AS b ON b.grant_id = m.grant_id AND b.consent_epoch > m.after AND b.consent_epoch <= m.epoch),
    grants AS (
        SELECT g.*, s.epoch AS scanned FROM licensing.data_grant AS g LEFT JOIN licensing.tombstone_scan AS s ON s.grant_id = g.id WHERE g.id::text = p_unit),
    sent AS MATERIALIZED (
        SELECT DISTINCT u.no FROM grants AS g JOIN metering.batch AS b ON b.grant_id = g.id CROSS JOIN LATERAL pg_catalog.unnest(b.contributions) AS u (no)),
    lost AS (
        SELECT g.id AS grant_id, c.id, c.rows FROM grants AS g JOIN licensing.contribution AS c ON c.pool_id = g.pool_id JOIN sent AS s ON s.no = c.no
        LEFT JOIN licensing.consent_current AS k ON k.pool_id = g.pool_id AND k.purpose = g.purpose AND k.recipient_class = g.org_class AND k.member_id = c.member_id
        WHERE c.state IN ('withdrawn', 'erased') AND c.ended_epoch <= g.scanned
            OR k.epoch <= g.scanned AND NOT (k.permits AND k.notice >= g.notice_floor AND (k.explicit OR NOT g.explicit_only)))
    SELECT 'tombstones', p_unit, x.aspect, x.expected::text, x.found::text, x.about
    FROM mark AS m CROSS JOIN LATERAL (VALUES
        ('rows', (SELECT pg_catalog.count(DISTINCT i) FROM batch AS b CROSS JOIN LATERAL audit.read_runs(b.runs) AS r
                  CROSS JOIN LATERAL pg_catalog.generate_series(r.first_row, r.last_row) AS i WHERE r.contribution_no = b.no), m.rows,
            'the list does not name as many rows of this contribution as were delivered'),
        ('names', m.rows, (SELECT pg_catalog.count(*) FROM licensing.tombstone AS t WHERE t.grant_id = m.grant_id AND t.kind = m.kind
                AND t.seq > m.last_seq - m.rows AND t.seq <= m.last_seq),
            'names are missing from the licensee''s list')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found AND (x.aspect = 'names' OR NOT EXISTS (SELECT FROM batch AS b WHERE b.runs IS NULL))
    UNION ALL
    SELECT 'grant', p_unit, 'tombstones', x.expected::text, x.found::text, 'the licensee''s list is not made of its entries: names were added or taken away'
    FROM (SELECT COALESCE((SELECT pg_catalog.sum(m.rows) FROM licensing.tombstone_mark AS m WHERE m.grant_id = g.id), 0) AS expected,
            (SELECT pg_catalog.count(*) FROM licensing.tombstone AS t WHERE t.grant_id = g.id) AS found FROM grants AS g) AS x
    WHERE x.expected <> x.found
    UNION ALL
    SELECT DISTINCT 'grant', p_unit, 'tombstones of ' || l.id, 'an entry', 'none', 'rows of this contribution were delivered and its coverage ended, and the list does not name them'
    FROM lost AS l WHERE NOT EXISTS (SELECT FROM licensing.tombstone_mark AS m WHERE m.grant_id = l.grant_id AND m.contribution_id = l.id);
$$;
