-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the public totals of a sealed month of a pool, by purpose group and meter. A total is shown where at least k members' contributions went
--          into it. Everybody can know the sum of all of them, since the month's units stand in the log; so what is not shown can be had as a
--          sum, by taking what is shown from it, and this sum too must rest on at least k members: until it does, the total of the fewest
--          members is withheld besides. Sums over groups, meters, months or pools are not shown, and months are told once and never anew: no other
--          line goes through these cells, and of a single line this rule leaves nothing that rests on fewer than k.
-- Outcomes: none.
-- Locks: the month's row.
CREATE OR REPLACE FUNCTION metering.publish_month(p_pool uuid, p_month date) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET work_mem = '64MB'
AS $$
DECLARE
    v_ref text;
    v_k integer;
BEGIN
    SELECT c.pool INTO STRICT v_ref FROM metering.closed_month AS c JOIN metering.seal AS s USING (pool_id, month)
    WHERE c.pool_id = p_pool AND c.month = p_month FOR UPDATE OF c;
    IF EXISTS (SELECT FROM metering.public_month AS m WHERE m.pool_id = p_pool AND m.month = p_month) THEN
        RETURN;
    END IF;
    v_k := metering.public_k(p_pool, v_ref, p_month);
    CREATE TEMPORARY TABLE line ON COMMIT DROP AS
        SELECT g.purpose_group, u.meter, c.member_id, pg_catalog.sum(u.units) AS units FROM metering.sealed_usage AS u
        JOIN (SELECT o.grant_id, metering.purpose_group(o.purpose) AS purpose_group FROM licensing.grant_overview AS o WHERE o.pool_id = p_pool) AS g USING (grant_id)
        LEFT JOIN licensing.contribution_overview AS c USING (contribution_id)
        WHERE u.pool_id = p_pool AND u.month = p_month GROUP BY g.purpose_group, u.meter, c.member_id;
    CREATE TEMPORARY TABLE cell ON COMMIT DROP AS
        SELECT l.purpose_group, l.meter, pg_catalog.sum(l.units)::bigint AS units, pg_catalog.count(l.member_id) AS members,
            pg_catalog.count(l.member_id) < v_k AS hidden
        FROM pg_temp.line AS l GROUP BY l.purpose_group, l.meter;
    WHILE EXISTS (SELECT FROM pg_temp.cell AS c WHERE c.hidden) AND v_k > (SELECT pg_catalog.count(DISTINCT l.member_id) FROM pg_temp.line AS l
        JOIN pg_temp.cell AS c USING (purpose_group, meter) WHERE c.hidden) LOOP
        UPDATE pg_temp.cell AS c SET hidden = true FROM (
            SELECT x.purpose_group, x.meter FROM pg_temp.cell AS x WHERE NOT x.hidden ORDER BY x.members, x.units, x.purpose_group, x.meter LIMIT 1) AS n
        WHERE c.purpose_group = n.purpose_group AND c.meter = n.meter;
        EXIT WHEN NOT FOUND;
    END LOOP;
    INSERT INTO metering.public_month (pool_id, month, pool, k, withheld)
    VALUES (p_pool, p_month, v_ref, v_k, EXISTS (SELECT FROM pg_temp.cell AS c WHERE c.hidden));
    INSERT INTO metering.public_total (pool_id, month, purpose_group, meter, units)
    SELECT p_pool, p_month, c.purpose_group, c.meter, c.units FROM pg_temp.cell AS c WHERE NOT c.hidden;
    DROP TABLE pg_temp.line, pg_temp.cell;
END
$$;
